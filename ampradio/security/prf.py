"""The PRF of IEEE 802.11 with HMAC-SHA-1, and what turns a passphrase into a PSK (12.7.1.2, J.4), metered."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from ampradio.security.meter import Primitive, hmac_compressions, spend

SHA1_OCTETS = 20
PSK_OCTETS = 32
_PBKDF2_ROUNDS = 4096


def hmac_sha1(key: bytes, octets: bytes) -> bytes:
    """Return HMAC-SHA-1, 20 octets (RFC 2104)."""
    spend(Primitive.SHA1, hmac_compressions(len(octets)))
    mac = hmac.HMAC(key, hashes.SHA1())  # AKM 1 and 2 are defined with it
    mac.update(octets)
    return mac.finalize()


def prf(key: bytes, label: bytes, context: bytes, bits: int) -> bytes:
    """Return ``bits``/8 octets of PRF-n: HMAC-SHA-1(key, label ‖ 0 ‖ context ‖ i), i from 0."""
    octets = bits // 8
    blocks = -(-octets // SHA1_OCTETS)
    return b"".join(hmac_sha1(key, label + b"\0" + context + bytes([block])) for block in range(blocks))[:octets]


def psk_of(passphrase: str, ssid: bytes) -> bytes:
    """Return the 256-bit PSK: PBKDF2 with HMAC-SHA-1, 4096 rounds; done at enrolment, so no meter is told.

    Raises ``ValueError`` for a passphrase of fewer than 8 or more than 63 octets.
    """
    octets = passphrase.encode()
    if not 8 <= len(octets) <= 63:
        raise ValueError(f"a passphrase has 8…63 octets, not {len(octets)}")
    return PBKDF2HMAC(hashes.SHA1(), PSK_OCTETS, ssid, _PBKDF2_ROUNDS).derive(octets)
