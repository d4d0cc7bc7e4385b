"""The primitives against the RFCs' own vectors and against an independent construction from single AES blocks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.security import primitives
from tests.conftest import SHARED
from tests.security import reference_s1

VECTORS: dict[str, dict[str, Any]] = {
    vector["name"]: vector for vector in json.loads((SHARED / "vectors" / "vectors.json").read_text())
}


def octets(vector: dict[str, Any], key: str) -> bytes:
    return bytes.fromhex(vector[key])


@pytest.mark.parametrize("length", [0, 16, 40, 64])
def test_cmac_is_rfc_4493(length: int) -> None:
    """RFC 4493 section 4, whole and truncated to the leftmost octets (rule 1)."""
    vector = VECTORS[f"AES-CMAC RFC 4493 len {length}"]
    key, message, tag = octets(vector, "key"), octets(vector, "msg"), octets(vector, "tag")
    assert primitives.aes_cmac(key, message) == tag
    assert primitives.aes_cmac(key, message, 4) == tag[:4]


def test_ctr_is_the_encryption_of_ccm() -> None:
    """RFC 3610 packet vector 1: payload blocks start at counter 1 (rule 6)."""
    vector = VECTORS["AES-CCM RFC 3610 #1"]
    plain = octets(vector, "pt")
    cipher = primitives.aes_ctr(octets(vector, "key"), octets(vector, "nonce"), plain)
    assert cipher == octets(vector, "ct")[: len(plain)]
    assert primitives.aes_ctr(octets(vector, "key"), octets(vector, "nonce"), cipher) == plain


@settings(max_examples=40)
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=13, max_size=13), st.binary(max_size=496))
def test_ctr_agrees_with_a_library_ccm_at_any_length(key: bytes, nonce: bytes, plain: bytes) -> None:
    """Rule 6 over many blocks."""
    assert primitives.aes_ctr(key, nonce, plain) == AESCCM(key, tag_length=8).encrypt(nonce, plain, b"")[:-8]


def test_ctr_refuses_another_nonce_size() -> None:
    """A 12-octet nonce would silently shift the counter block (rule 6)."""
    with pytest.raises(ValueError, match="13 octets, not 12"):
        primitives.aes_ctr(bytes(16), bytes(12), b"data")


def test_key_wrap_is_rfc_3394() -> None:
    """RFC 3394 4.1 both ways; a changed wrap gives nothing (R1.26, method wrap)."""
    vector = VECTORS["AES-KW RFC 3394 4.1"]
    kek, data, wrapped = octets(vector, "kek"), octets(vector, "data"), octets(vector, "wrapped")
    assert primitives.aes_wrap(kek, data) == wrapped
    assert primitives.aes_unwrap(kek, wrapped) == data
    assert primitives.aes_unwrap(kek, wrapped[:-1] + bytes([wrapped[-1] ^ 1])) is None
    assert primitives.aes_unwrap(kek, wrapped[:-1]) is None


@settings(max_examples=40)
@given(st.binary(max_size=48), st.binary(max_size=24), st.binary(max_size=80), st.integers(1, 130))
def test_kdf_is_the_page_s(key: bytes, label: bytes, context: bytes, count: int) -> None:
    """KDF-Hash-Length with little-endian counter and length, several blocks (protocols page 2.2)."""
    assert primitives.kdf(key, label, context, 8 * count) == reference_s1.kdf(key, label, context, 8 * count)


@pytest.mark.parametrize("bits", [0, 7, -8, 65536])
def test_kdf_refuses_a_length_it_cannot_say(bits: int) -> None:
    """The length is a 16-bit field in whole octets (protocols page 2.2)."""
    with pytest.raises(ValueError, match="8…65528"):
        primitives.kdf(b"key", b"label", b"", bits)


def test_equal_compares_whole_strings() -> None:
    """A prefix is not equal."""
    assert primitives.equal(b"abcd", b"abcd")
    assert not primitives.equal(b"abcd", b"abc")
    assert not primitives.equal(b"abcd", b"abce")
