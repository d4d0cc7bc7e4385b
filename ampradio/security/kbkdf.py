"""The counter-mode KDF of SP 800-108 with HMAC-SHA-256, metered (protocols page 6.2)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

from ampradio.security.meter import Primitive, hmac_compressions, spend

_INTEGER_OCTETS = 4
_DIGEST_OCTETS = 32


def kbkdf(key: bytes, label: bytes, context: bytes, bits: int) -> bytes:
    """Return ``bits``/8 octets: HMAC-SHA-256(key, i₃₂ ‖ label ‖ 0x00 ‖ context ‖ bits₃₂), i from 1, big-endian.

    Raises ``ValueError`` for a length that is not a whole number of octets.
    """
    if bits <= 0 or bits % 8:
        raise ValueError(f"a KDF gives whole octets, not {bits} bits")
    octets = bits // 8
    input_octets = 2 * _INTEGER_OCTETS + len(label) + 1 + len(context)
    for _ in range(-(-octets // _DIGEST_OCTETS)):
        spend(Primitive.SHA256, hmac_compressions(input_octets))
    return KBKDFHMAC(
        algorithm=hashes.SHA256(),
        mode=Mode.CounterMode,
        length=octets,
        rlen=_INTEGER_OCTETS,
        llen=_INTEGER_OCTETS,
        location=CounterLocation.BeforeFixed,
        label=label,
        context=context,
        fixed=None,
    ).derive(key)
