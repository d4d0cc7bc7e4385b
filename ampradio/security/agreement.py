"""X25519, metered by the ladder (RFC 7748)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from ampradio.security.meter import Primitive, spend

KEY_OCTETS = 32


def x25519_public(private: bytes) -> bytes:
    """Return the public key, 32 octets; raises ``ValueError`` for a private key of another size."""
    spend(Primitive.X25519)
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def x25519(private: bytes, public: bytes) -> bytes:
    """Return the shared secret, 32 octets; raises ``ValueError`` for a bad size or a point of small order."""
    spend(Primitive.X25519)
    return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
