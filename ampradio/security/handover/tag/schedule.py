"""The MN's key schedule: from a delivered key to the keys of the SA with the TPoS (rules 24 and 26).

Written against protocols page 6 alone, without the PoS's modules.
"""

from __future__ import annotations

from ampradio.security.handover.profiles import CONSTANT_PRF, HandoverParameters, Prf, Reading
from ampradio.security.kbkdf import kbkdf
from ampradio.security.primitives import aes_cmac, hmac_sha256, sha256
from ampradio.security.secret import Secret

_BITS = 128


def derive(
    parameters: HandoverParameters, key: Secret, nonce_t: bytes, nonce_n: bytes, own_id: bytes, tpos: bytes
) -> tuple[Secret, Secret]:
    """Return MIAK and MIEK; MIIK between them is not used, for CCM and CMAC bring their own integrity."""
    suite = parameters.suite if parameters.hardened else 0
    names = own_id + tpos if parameters.hardened else b""
    misk = kbkdf(key.expose(), b"MISK", b"".join((nonce_t, nonce_n, bytes((suite,)), names)), 3 * _BITS)
    return Secret(misk[:16]), Secret(misk[32:])


def confirmation(parameters: HandoverParameters, key: Secret, nonce_t: bytes) -> Secret:
    """Return the key of MIC5 before there is a MISK."""
    return Secret(kbkdf(key.expose(), b"CNF", nonce_t + bytes((parameters.suite,)), _BITS))


def unmask(
    parameters: HandoverParameters, shared: Secret, tpos: bytes, nonce_t: bytes, nonce_n: bytes, masked: bytes
) -> Secret:
    """Return K from what an SPoS sent in legacy: with Nonce-T in the PRF unless the reading is ``as-sent`` (R5.44)."""
    text = tpos + (b"" if parameters.reading is Reading.AS_SENT else nonce_t) + nonce_n
    kind, key = parameters.prf, shared.expose()
    if kind is Prf.HMAC:
        mask = hmac_sha256(key, text)[:16]
    elif kind is Prf.CMAC:
        mask = aes_cmac(key, text)
    elif kind is Prf.LINEAR:
        mask = _xor(key, sha256(text)[:16])
    elif kind is Prf.UNKEYED:
        mask = sha256(text)[:16]
    else:
        mask = CONSTANT_PRF
    return Secret(_xor(mask, masked))


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
