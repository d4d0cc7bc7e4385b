"""HKDF with SHA-256, metered (RFC 5869)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from ampradio.security.meter import Primitive, hmac_compressions, spend

_HASH_OCTETS = 32


def hkdf_extract(salt: bytes, ikm: bytes) -> bytes:
    """Return PRK = HMAC-SHA-256(salt, IKM), 32 octets; an empty salt is 32 zero octets."""
    spend(Primitive.SHA256, hmac_compressions(len(ikm)))
    return HKDF.extract(hashes.SHA256(), salt or None, ikm)


def hkdf_expand(prk: bytes, info: bytes, octets: int) -> bytes:
    """Return ``octets`` octets of output keying material; raises ``ValueError`` for more than 255 hashes."""
    hashes_needed = -(-octets // _HASH_OCTETS)
    for number in range(hashes_needed):
        previous = _HASH_OCTETS if number else 0
        spend(Primitive.SHA256, hmac_compressions(previous + len(info) + 1))
    return HKDFExpand(hashes.SHA256(), octets, info).derive(prk)
