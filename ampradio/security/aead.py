"""AES-CCM, metered (RFC 3610; protocols page, sections 3 to 6)."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from ampradio.security.meter import Primitive, aes_blocks, spend

TAG_OCTETS = 8
_AAD_LENGTH_OCTETS = 2  # RFC 3610, 2.2: the AAD's length stands before it in the same blocks


def ccm_seal(key: bytes, nonce: bytes, octets: bytes, aad: bytes, tag_octets: int = TAG_OCTETS) -> bytes:
    """Return ciphertext ‖ tag; a 13-octet nonce means a 16-bit counter. Raises ``ValueError`` for a bad nonce size."""
    spend(Primitive.AES, _blocks(len(octets), len(aad)))
    return AESCCM(key, tag_octets).encrypt(nonce, octets, aad)


def ccm_open(key: bytes, nonce: bytes, sealed: bytes, aad: bytes, tag_octets: int = TAG_OCTETS) -> bytes | None:
    """Return the plaintext, or None when the tag is wrong or missing."""
    if len(sealed) < tag_octets:
        return None
    spend(Primitive.AES, _blocks(len(sealed) - tag_octets, len(aad)))
    try:
        return AESCCM(key, tag_octets).decrypt(nonce, sealed, aad)
    except InvalidTag:
        return None


def _blocks(octets: int, aad_octets: int) -> int:
    """Blocks of the CBC-MAC (B0, AAD, message) and of CTR (the message, and one for the tag)."""
    aad_blocks = aes_blocks(_AAD_LENGTH_OCTETS + aad_octets) if aad_octets else 0
    return 1 + aad_blocks + 2 * aes_blocks(octets) + 1
