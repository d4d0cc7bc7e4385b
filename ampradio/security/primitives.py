"""The cryptographic primitives of the security systems: thin calls into ``cryptography``, nothing hand-written.

Each tells the meter in force what it is about to spend, as a tag without cached sub-keys or pads would spend it.
Truncation always takes the leftmost octets (protocols page, rule 1).
"""

from __future__ import annotations

from cryptography.hazmat.primitives import cmac as cryptography_cmac
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from ampradio.security.meter import Primitive, aes_blocks, hmac_compressions, sha_compressions, spend

CCM_NONCE_OCTETS = 13
_CCM_COUNTER_FLAGS = b"\x01"  # L' = 1: a 16-bit counter (RFC 3610, section 2.3)
_CCM_FIRST_COUNTER = b"\x00\x01"


def sha256(octets: bytes) -> bytes:
    """Return the SHA-256 digest, 32 octets."""
    spend(Primitive.SHA256, sha_compressions(len(octets)))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(octets)
    return digest.finalize()


def hmac_sha256(key: bytes, octets: bytes) -> bytes:
    """Return HMAC-SHA-256, 32 octets (RFC 2104)."""
    spend(Primitive.SHA256, hmac_compressions(len(octets)))
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(octets)
    return mac.finalize()


def kdf(key: bytes, label: bytes, context: bytes, bits: int) -> bytes:
    """Return ``bits``/8 octets of KDF-Hash-Length with SHA-256 (IEEE 802.11 12.7.1.6.2; protocols page 2.2).

    Each block is HMAC-SHA-256(key, i ‖ label ‖ context ‖ bits), i from 1, both integers 16-bit little-endian.
    Raises ``ValueError`` for a length that is not a whole number of octets in 16 bits.
    """
    if bits % 8 or not 0 < bits < 1 << 16:
        raise ValueError(f"a KDF gives 8…65528 bits in whole octets, not {bits}")
    octets = bits // 8
    tail = label + context + bits.to_bytes(2, "little")
    blocks = [hmac_sha256(key, block.to_bytes(2, "little") + tail) for block in range(1, -(-octets // 32) + 1)]
    return b"".join(blocks)[:octets]


def aes_cmac(key: bytes, octets: bytes, length: int = 16) -> bytes:
    """Return the leftmost ``length`` octets of AES-CMAC (RFC 4493)."""
    spend(Primitive.AES, max(1, aes_blocks(len(octets))) + 1)  # and one for the sub-key
    mac = cryptography_cmac.CMAC(algorithms.AES(key))
    mac.update(octets)
    return mac.finalize()[:length]


def aes_ctr(key: bytes, nonce: bytes, octets: bytes) -> bytes:
    """Return ``octets`` en- or decrypted with AES-CTR over CCM's counter blocks (RFC 3610; protocols page, rule 6).

    The first block is 0x01 ‖ nonce (13 octets) ‖ 0x0001. Raises ``ValueError`` for another nonce size.
    """
    if len(nonce) != CCM_NONCE_OCTETS:
        raise ValueError(f"a CCM nonce with a 16-bit counter has {CCM_NONCE_OCTETS} octets, not {len(nonce)}")
    spend(Primitive.AES, aes_blocks(len(octets)))
    stream = Cipher(algorithms.AES(key), modes.CTR(_CCM_COUNTER_FLAGS + nonce + _CCM_FIRST_COUNTER)).encryptor()
    return stream.update(octets) + stream.finalize()


def aes_wrap(key: bytes, octets: bytes) -> bytes:
    """Return ``octets`` under AES key wrap, 8 octets longer (RFC 3394)."""
    spend(Primitive.AES, 6 * (len(octets) // 8))  # RFC 3394, 2.2.1: six rounds over the 64-bit blocks
    return aes_key_wrap(key, octets)


def aes_unwrap(key: bytes, wrapped: bytes) -> bytes | None:
    """Return what AES key wrap holds, or None if its integrity check fails."""
    spend(Primitive.AES, 6 * max(0, len(wrapped) // 8 - 1))
    try:
        return aes_key_unwrap(key, wrapped)
    except InvalidUnwrap:
        return None


def equal(one: bytes, other: bytes) -> bool:
    """Return whether two octet strings are equal, in a time that does not depend on where they differ."""
    return bytes_eq(one, other)
