"""The device's key schedule and protected IDs: what it computes to find out who is meant (steps 3 and 6).

Written against protocols page 4.4 and rules 16 to 18 alone, without the AIoTF's modules.
"""

from __future__ import annotations

import struct

from ampradio.security import primitives
from ampradio.security.aead import ccm_open, ccm_seal
from ampradio.security.aiot.profiles import AiotParameters, IdMode
from ampradio.security.secret import Secret

_HALF = 16
_TRUNCATED = 8


class Schedule:
    """Everything that hangs on one device authentication key."""

    def __init__(self, parameters: AiotParameters, key: Secret) -> None:
        self._parameters = parameters
        self._key = key

    def is_meant(self, device_id: bytes, nonce: bytes, aad: bytes, protected: bytes, in_command: bool) -> bool:
        """Return whether a downlink's Protected Device ID is this device's (R3.16, R3.31)."""
        mode = self._parameters.id_mode
        if mode in (IdMode.TEMPORARY, IdMode.STORED):
            return primitives.equal(self._temporary(b"TC" if self._late(in_command) else b"TD", nonce), protected)
        encryption, _ = split(expand(self._key, b"PG", [nonce]))
        if mode is IdMode.ENCRYPTED:
            plain = ccm_open(encryption, nonce[:13], protected, aad + nonce)
            return plain is not None and primitives.equal(plain, device_id)
        return primitives.equal(primitives.aes_ctr(encryption, nonce[:13], protected), device_id)

    def answer_id(self, device_id: bytes, network: bytes, own: bytes, aad: bytes, capability: bytes) -> bytes:
        """Return Protected Device ID* under both nonces (R3.18 to R3.20)."""
        mode = self._parameters.id_mode
        if mode in (IdMode.TEMPORARY, IdMode.STORED):
            return self._temporary(b"TU", network + own + (capability if self._parameters.hardened else b""))
        encryption, _ = split(expand(self._key, b"AR", [network, own]))
        if mode is IdMode.ENCRYPTED:
            return ccm_seal(encryption, own[:13], device_id, aad + network + own)
        return primitives.aes_ctr(encryption, own[:13], device_id)

    def renamed(self, network: bytes, own: bytes) -> bytes:
        """Return the T-ID that a command after this authentication brings: the first 16 octets (ours)."""
        return expand(self._key, b"TI", [network, own])[:_HALF]

    def session(self, network: bytes, own: bytes) -> Secret:
        """Return K_AIOTF: octets 16 to 31 (rule 18)."""
        return Secret(expand(self._key, b"KS", [network, own])[_HALF:])

    def _late(self, in_command: bool) -> bool:
        return in_command and self._parameters.hardened

    def _temporary(self, label: bytes, rest: bytes) -> bytes:
        return primitives.hmac_sha256(self._key.expose(), label + rest)[:_TRUNCATED]


def expand(key: Secret, label: bytes, values: list[bytes]) -> bytes:
    """Return the 32 octets of the generic KDF of TS 33.220 Annex B under FC 0xF0."""
    text = bytearray(b"\xf0")
    for value in [label, *values]:
        text += value
        text += struct.pack(">H", len(value))
    return primitives.hmac_sha256(key.expose(), bytes(text))


def split(octets: bytes) -> tuple[bytes, bytes]:
    """Return the key for confidentiality and the key for integrity."""
    return octets[:_HALF], octets[_HALF:]
