"""AES-CCM against RFC 3610 and IEEE 802.11 J.6.4, and what it says it spends."""

from __future__ import annotations

import json

import pytest

from ampradio.security import aead, meter
from tests.conftest import SHARED

VECTORS = {vector["name"]: vector for vector in json.loads((SHARED / "vectors" / "vectors.json").read_text())}


@pytest.mark.parametrize(
    ("name", "key", "sealed"), [("AES-CCM RFC 3610 #1", "key", "ct"), ("802.11 J.6.4 CCMP", "tk", "ct_mic")]
)
def test_published_vectors(name: str, key: str, sealed: str) -> None:
    vector = {field: bytes.fromhex(value) for field, value in VECTORS[name].items() if field in _HEX}
    plain = aead.ccm_open(vector[key], vector["nonce"], vector[sealed], vector["aad"])
    assert plain is not None
    if "pt" in vector:
        assert plain == vector["pt"]
    assert aead.ccm_seal(vector[key], vector["nonce"], plain, vector["aad"]) == vector[sealed]
    for bit in range(8 * len(vector[sealed])):
        octets = bytearray(vector[sealed])
        octets[bit // 8] ^= 1 << bit % 8
        assert aead.ccm_open(vector[key], vector["nonce"], bytes(octets), vector["aad"]) is None
    assert aead.ccm_open(vector[key], vector["nonce"], vector[sealed][:7], vector["aad"]) is None


_HEX = ("key", "tk", "nonce", "aad", "pt", "ct", "ct_mic")


@pytest.mark.parametrize(
    ("octets", "aad", "blocks"),
    [(0, 0, 2), (0, 1, 3), (1, 14, 5), (16, 14, 5), (17, 15, 8), (12, 23, 6)],
)
def test_blocks(octets: int, aad: int, blocks: int) -> None:
    """B0, AAD with its two length octets, message twice (CBC-MAC and CTR), and one for the tag (RFC 3610)."""
    tally = meter.Tally()
    with meter.metered(tally):
        sealed = aead.ccm_seal(bytes(16), bytes(13), bytes(octets), bytes(aad))
        aead.ccm_open(bytes(16), bytes(13), sealed, bytes(aad))
    assert tally.units == {meter.Primitive.AES: 2 * blocks}
