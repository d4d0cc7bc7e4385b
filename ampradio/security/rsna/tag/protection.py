"""Data after the port is open, at the tag: its own packet number, and those it has seen (rule 23)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security import aead
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import PN_OCTETS, PROTO, Msg
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret

_PN_AT = slice(1, 1 + PN_OCTETS)


@dataclass
class ReceiveKey:
    """A key that protects what comes in, and the newest packet number under it."""

    key: Secret
    pn: int = 0


class Protection:
    """Seals and opens data frames."""

    def __init__(self, mac: Mac, prof: int, aa: bytes, spa: bytes) -> None:
        self._mac = mac
        self._prof = prof
        self._aa, self._spa = aa, spa

    def seal(self, key: Secret, pn: int, data: bytes, station_id: int) -> bytes:
        """Return a unicast payload to the AP."""
        number = pn.to_bytes(PN_OCTETS, "big")
        aad = self._aad(station_id, Msg.DATA_UP)
        return b"\0" + number + aead.ccm_seal(key.expose(), b"\0" + self._spa + number, data, aad)

    def open(self, keys: dict[int, ReceiveKey], msg: Msg, payload: bytes, station_id: int) -> bytes:
        """Return the data of a payload; raises ``RefusedError`` unless it is genuine and new."""
        if len(payload) < 1 + PN_OCTETS + aead.TAG_OCTETS:
            raise RefusedError(Reason.MALFORMED)
        receive = keys.get(payload[0])
        if receive is None:
            raise RefusedError(Reason.OTHER_KEY)
        number = payload[_PN_AT]
        pn = int.from_bytes(number, "big")
        if pn <= receive.pn:
            raise RefusedError(Reason.OLD_PN)
        nonce, aad = b"\0" + self._aa + number, self._aad(station_id, msg)
        data = aead.ccm_open(receive.key.expose(), nonce, payload[1 + PN_OCTETS :], aad)
        if data is None:
            raise RefusedError(Reason.BAD_MIC)
        receive.pn = pn
        return data

    def _aad(self, station_id: int, msg: Msg) -> bytes:
        control = self._mac.type_authentication | 1 << self._mac.protected_bit
        return bytes([control, station_id & 0xFF, station_id >> 8, PROTO << 5 | msg, self._prof])
