"""The AIoTF's key schedule (protocols page 4.4, rules 16 to 18)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import key_log, primitives
from ampradio.security.aiot.profiles import KEY_OCTETS, T_ID_OCTETS
from ampradio.security.secret import Secret

_FUNCTION_CODE = b"\xf0"  # private: the FC values of TS 33.369 are not public
_LENGTH_OCTETS = 2


@dataclass(frozen=True)
class KeySet:
    """Keys for confidentiality and for integrity."""

    confidentiality: Secret
    integrity: Secret


def derive(key: Secret, label: bytes, *parameters: bytes) -> bytes:
    """Return HMAC-SHA-256(key, FC ‖ label ‖ L0 ‖ P1 ‖ L1 …), lengths of two octets (TS 33.220 Annex B; rule 18)."""
    coded = (part + len(part).to_bytes(_LENGTH_OCTETS, "big") for part in (label, *parameters))
    return primitives.hmac_sha256(key.expose(), _FUNCTION_CODE + b"".join(coded))


def key_set(key: Secret, label: bytes, *parameters: bytes) -> KeySet:
    """Return the two halves of a derivation: ENC, then INT."""
    octets = derive(key, label, *parameters)
    keys = KeySet(Secret(octets[:KEY_OCTETS]), Secret(octets[KEY_OCTETS:]))
    key_log.keep(key_log.S3_KEYS, label + b"".join(parameters), keys.confidentiality, keys.integrity)
    return keys


def next_t_id(key: Secret, network_nonce: bytes, device_nonce: bytes) -> bytes:
    """Return the T-ID that follows an authentication, once a command under its session key has been answered (ours)."""
    return derive(key, b"TI", network_nonce, device_nonce)[:T_ID_OCTETS]


def session_key(key: Secret, network_nonce: bytes, device_nonce: bytes) -> Secret:
    """Return K_AIOTF, the 16 least significant octets, bound to both nonces (rule 18)."""
    return Secret(derive(key, b"KS", network_nonce, device_nonce)[KEY_OCTETS:])
