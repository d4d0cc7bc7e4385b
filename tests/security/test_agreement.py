"""HKDF, X25519 and HPKE against the RFCs' vectors, and HPKE's sender against another implementation's recipient."""

from __future__ import annotations

import json

import pytest

from ampradio.security import agreement, hkdf, hpke, meter
from tests.conftest import SHARED

VECTORS = {vector["name"]: vector for vector in json.loads((SHARED / "vectors/vectors.json").read_text())}

# RFC 9180, A.1.1: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, sequence number 0
EPHEMERAL = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
RECIPIENT = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
RECIPIENT_PUBLIC = bytes.fromhex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
PLAINTEXT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
AAD = bytes.fromhex("436f756e742d30")
ENC = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
CIPHERTEXT = "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"


@pytest.mark.parametrize("case", ["A.1", "A.2", "A.3"])
def test_hkdf_of_rfc_5869(case: str) -> None:
    vector = {name: value for name, value in VECTORS[f"HKDF-SHA256 RFC 5869 {case}"].items()}
    ikm, salt, info, okm = (bytes.fromhex(vector[name]) for name in ("ikm", "salt", "info", "okm"))
    assert hkdf.hkdf_expand(hkdf.hkdf_extract(salt, ikm), info, len(okm)) == okm


def test_x25519_of_rfc_7748() -> None:
    vector = VECTORS["X25519 RFC 7748 5.2 #1"]
    scalar, u = bytes.fromhex(vector["scalar"]), bytes.fromhex(vector["u"])
    assert agreement.x25519(scalar, u).hex() == vector["out"]


def test_public_key_of_rfc_9180() -> None:
    assert agreement.x25519_public(RECIPIENT) == RECIPIENT_PUBLIC


def test_sender_of_rfc_9180() -> None:
    sealed = hpke.hpke_seal(RECIPIENT_PUBLIC, INFO, PLAINTEXT, EPHEMERAL, AAD)
    assert sealed.hex() == ENC + CIPHERTEXT


def test_the_library_s_recipient_opens_what_the_sender_sealed() -> None:
    sealed = hpke.hpke_seal(RECIPIENT_PUBLIC, INFO, PLAINTEXT, EPHEMERAL)
    assert hpke.hpke_open(RECIPIENT, INFO, sealed) == PLAINTEXT
    assert hpke.hpke_open(RECIPIENT, b"other", sealed) is None


@pytest.mark.parametrize("sealed", [b"", bytes(20), bytes(60), bytes(range(64))])
def test_what_nobody_sealed_is_not_opened(sealed: bytes) -> None:
    """Too short, an enc of small order, and octets from nowhere."""
    assert hpke.hpke_open(RECIPIENT, INFO, sealed) is None


def test_what_the_meter_is_told() -> None:
    """Page 8.3: two ladders at the sender; HKDF-Extract of 80 octets 5 compressions, a short Expand 4."""
    tally = meter.Tally()
    with meter.metered(tally):
        hpke.hpke_seal(RECIPIENT_PUBLIC, INFO, bytes(12), EPHEMERAL)
    assert tally.units[meter.Primitive.X25519] == 2
    assert tally.units[meter.Primitive.AES] == 3
    tally = meter.Tally()
    with meter.metered(tally):
        hkdf.hkdf_extract(b"", bytes(80))
        hkdf.hkdf_expand(bytes(32), bytes(33), 16)
    assert tally.units[meter.Primitive.SHA256] == 5 + 4
