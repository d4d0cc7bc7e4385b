"""HPKE in base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM (RFC 9180).

The recipient is ``cryptography``'s. Its sender draws the ephemeral key out of our reach, where no seed reproduces it
and no meter counts it; so the sender is the RFC's composition of ``cryptography``'s primitives around a given key.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ampradio.security.agreement import KEY_OCTETS, x25519, x25519_public
from ampradio.security.hkdf import hkdf_expand, hkdf_extract
from ampradio.security.meter import Primitive, aes_blocks, spend

ENC_OCTETS = KEY_OCTETS
TAG_OCTETS = 16
_VERSION = b"HPKE-v1"
_KEM_SUITE = b"KEM" + bytes.fromhex("0020")
_SUITE = b"HPKE" + bytes.fromhex("0020 0001 0001")
_MODE_BASE = b"\x00"
_SECRET_OCTETS, _AEAD_KEY_OCTETS, _AEAD_NONCE_OCTETS = 32, 16, 12


def hpke_seal(public: bytes, info: bytes, plaintext: bytes, ephemeral: bytes, aad: bytes = b"") -> bytes:
    """Return enc ‖ ciphertext ‖ tag for the holder of ``public``: two ladders, the second of them shared.

    ``ephemeral`` is 32 fresh octets that are used for nothing else. Raises ``ValueError`` for keys of a bad size.
    """
    enc = x25519_public(ephemeral)
    shared = x25519(ephemeral, public)
    eae_prk = _extract(_KEM_SUITE, b"", b"eae_prk", shared)
    secret = _expand(_KEM_SUITE, eae_prk, b"shared_secret", enc + public, _SECRET_OCTETS)
    context = _MODE_BASE + _extract(_SUITE, b"", b"psk_id_hash", b"") + _extract(_SUITE, b"", b"info_hash", info)
    schedule = _extract(_SUITE, secret, b"secret", b"")
    key = _expand(_SUITE, schedule, b"key", context, _AEAD_KEY_OCTETS)
    nonce = _expand(_SUITE, schedule, b"base_nonce", context, _AEAD_NONCE_OCTETS)
    # the GHASH key, the tag's mask, and CTR over the plaintext (SP 800-38D, 7.1)
    spend(Primitive.AES, 2 + aes_blocks(len(plaintext)))
    return enc + AESGCM(key).encrypt(nonce, plaintext, aad)


def hpke_open(private: bytes, info: bytes, sealed: bytes) -> bytes | None:
    """Return the plaintext of enc ‖ ciphertext ‖ tag sent to this key without AAD, or None when it is not genuine."""
    spend(Primitive.X25519, 2)
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    try:
        return suite.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), info)
    except (InvalidTag, ValueError):  # ValueError: too short, or an enc of small order
        return None


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hkdf_extract(salt, _VERSION + suite + label + ikm)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, octets: int) -> bytes:
    return hkdf_expand(prk, octets.to_bytes(2, "big") + _VERSION + suite + label + info, octets)
