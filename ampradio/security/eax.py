"""AES in EAX mode (Bellare, Rogaway, Wagner 2004), metered: EAP-PSK needs it and ``cryptography`` has none.

It is a composition of two modes that ``cryptography`` has: OMAC, which is CMAC behind a tweak block, and CTR.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ampradio.security.meter import Primitive, aes_blocks, spend
from ampradio.security.primitives import aes_cmac, equal

TAG_OCTETS = 16
_BLOCK_OCTETS = 16


def aes_block(key: bytes, block: bytes) -> bytes:
    """Return one 16-octet block under AES; raises ``ValueError`` for another size."""
    if len(block) != _BLOCK_OCTETS:
        raise ValueError(f"an AES block has {_BLOCK_OCTETS} octets, not {len(block)}")
    spend(Primitive.AES, 1)
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # a single block: there is no mode to speak of
    return cipher.update(block) + cipher.finalize()


def eax_seal(key: bytes, nonce: bytes, octets: bytes, header: bytes) -> bytes:
    """Return ciphertext ‖ tag."""
    mask = _omac(0, key, nonce)
    ciphertext = _ctr(key, mask, octets)
    return ciphertext + _tag(key, mask, ciphertext, header)


def eax_open(key: bytes, nonce: bytes, sealed: bytes, header: bytes) -> bytes | None:
    """Return the plaintext, or None when the tag is wrong or missing."""
    if len(sealed) < TAG_OCTETS:
        return None
    ciphertext, tag = sealed[:-TAG_OCTETS], sealed[-TAG_OCTETS:]
    mask = _omac(0, key, nonce)
    if not equal(_tag(key, mask, ciphertext, header), tag):
        return None
    return _ctr(key, mask, ciphertext)


def _tag(key: bytes, mask: bytes, ciphertext: bytes, header: bytes) -> bytes:
    parts = zip(mask, _omac(1, key, header), _omac(2, key, ciphertext), strict=True)
    return bytes(of_nonce ^ of_header ^ of_ciphertext for of_nonce, of_header, of_ciphertext in parts)


def _omac(tweak: int, key: bytes, octets: bytes) -> bytes:
    return aes_cmac(key, tweak.to_bytes(_BLOCK_OCTETS, "big") + octets)


def _ctr(key: bytes, initial: bytes, octets: bytes) -> bytes:
    spend(Primitive.AES, aes_blocks(len(octets)))
    stream = Cipher(algorithms.AES(key), modes.CTR(initial)).encryptor()
    return stream.update(octets) + stream.finalize()
