"""802.11's PRF and PSK against Annex J, EAX against its authors' vectors and a live EAP-PSK session."""

from __future__ import annotations

import json

import pytest

from ampradio.security import eax, meter, prf
from tests.conftest import SHARED

VECTORS = {vector["name"]: vector for vector in json.loads((SHARED / "vectors/vectors.json").read_text())}

# Bellare, Rogaway, Wagner, "The EAX mode of operation", appendix: message, key, nonce, header, ciphertext and tag
EAX = [
    ("", "233952dee4d5ed5f9b9c6d6ff80ff478", "62ec67f9c3a4a407fcb2a8c49031a8b3", "6bfb914fd07eae6b",
     "e037830e8389f27b025a2d6527e79d01"),
    ("f7fb", "91945d3f4dcbee0bf45ef52255f095a4", "becaf043b0a23d843194ba972c66debd", "fa3bfd4806eb53fa",
     "19dd5c4c9331049d0bdab0277408f67967e5"),
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in VECTORS if "PRF-512" in name])
def test_prf_of_annex_j(name: str) -> None:
    vector = VECTORS[name]
    octets = prf.prf(bytes.fromhex(vector["key"]), vector["label"].encode(), bytes.fromhex(vector["data"]), 512)
    assert octets.hex() == vector["prf512"]


@pytest.mark.parametrize("name", [name for name in VECTORS if "802.11 PSK" in name])
def test_psk_of_annex_j(name: str) -> None:
    vector = VECTORS[name]
    assert prf.psk_of(vector["passphrase"], vector["ssid"].encode()).hex() == vector["psk"]


@pytest.mark.parametrize("passphrase", ["7 octet", "x" * 64])
def test_a_passphrase_of_a_bad_length(passphrase: str) -> None:
    with pytest.raises(ValueError, match="passphrase"):
        prf.psk_of(passphrase, b"IEEE")


@pytest.mark.parametrize("case", EAX)
def test_eax_of_its_authors(case: tuple[str, ...]) -> None:
    message, key, nonce, header, sealed = (bytes.fromhex(value) for value in case)
    assert eax.eax_seal(key, nonce, message, header) == sealed
    assert eax.eax_open(key, nonce, sealed, header) == message
    assert eax.eax_open(key, nonce, sealed, header + b"x") is None
    assert eax.eax_open(key, nonce, sealed[:15], header) is None


def test_one_block() -> None:
    """FIPS 197, C.1."""
    key, block = bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff")
    assert eax.aes_block(key, block).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"
    with pytest.raises(ValueError, match="16 octets"):
        eax.aes_block(key, b"short")


def test_what_the_meter_is_told() -> None:
    tally = meter.Tally()
    with meter.metered(tally):
        prf.prf(bytes(32), b"Pairwise key expansion", bytes(76), 384)
    assert tally.units[meter.Primitive.SHA1] == 3 * (2 + 1 + 2)
