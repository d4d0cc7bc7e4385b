"""What a PoS derives from a key derivation key, and the PRFs of the legacy method (rules 24 and 26)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import key_log, primitives
from ampradio.security.handover.profiles import CONSTANT_PRF, KEY_OCTETS, HandoverParameters, Prf, Reading
from ampradio.security.kbkdf import kbkdf
from ampradio.security.secret import Secret


@dataclass(frozen=True)
class Misk:
    """MISK = MIAK ‖ MIIK ‖ MIEK: authentication, integrity, encryption."""

    miak: Secret
    miik: Secret
    miek: Secret


def session_keys(
    parameters: HandoverParameters, key: Secret, nonces: tuple[bytes, bytes], mn: bytes, tpos: bytes
) -> Misk:
    """Return MISK from K, Nonce-T, Nonce-N and the suite; the remedies bind both IDs as well (R5.39, R5.59)."""
    key_log.keep(key_log.S5_K, nonces[0] + nonces[1], key)
    context = nonces[0] + nonces[1] + bytes([parameters.confirmed_suite])
    if parameters.hardened:
        context += mn + tpos
    octets = kbkdf(key.expose(), b"MISK", context, 3 * 8 * KEY_OCTETS)
    parts = (Secret(octets[at : at + KEY_OCTETS]) for at in range(0, 3 * KEY_OCTETS, KEY_OCTETS))
    return Misk(*parts)


def confirm_key(parameters: HandoverParameters, key: Secret, nonce_t: bytes) -> Secret:
    """Return the key of MIC5 in the remedies, where MISK is not yet known to both (rule 24)."""
    return Secret(kbkdf(key.expose(), b"CNF", nonce_t + bytes([parameters.confirmed_suite]), 8 * KEY_OCTETS))


def pseudo_random(prf: Prf, key: Secret, octets: bytes) -> bytes:
    """Return the PRF of the legacy method, truncated to the length of K; three of the five are broken on purpose."""
    if prf is Prf.HMAC:
        return primitives.hmac_sha256(key.expose(), octets)[:KEY_OCTETS]
    if prf is Prf.CMAC:
        return primitives.aes_cmac(key.expose(), octets)
    if prf is Prf.CONSTANT:
        return CONSTANT_PRF
    digest = primitives.sha256(octets)[:KEY_OCTETS]
    return digest if prf is Prf.UNKEYED else exclusive_or(key.expose(), digest)


def exclusive_or(one: bytes, other: bytes) -> bytes:
    """Return the exclusive or of two octet strings of one length."""
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def mask_for_tpos(parameters: HandoverParameters, key: Secret, mn: bytes, nonce_t: bytes, nonce_n: bytes) -> bytes:
    """Return PRF_stpos(MNID, Nonce-T, Nonce-N) (R5.43)."""
    return pseudo_random(parameters.prf, key, mn + nonce_t + nonce_n)


def mask_for_mn(parameters: HandoverParameters, key: Secret, tpos: bytes, nonce_t: bytes, nonce_n: bytes) -> bytes:
    """Return PRF_SPoS as the SPoS computes it: without Nonce-T, unless the reading is ``fixed`` (R5.44, W5.3)."""
    middle = nonce_t if parameters.reading is Reading.FIXED else b""
    return pseudo_random(parameters.prf, key, tpos + middle + nonce_n)
