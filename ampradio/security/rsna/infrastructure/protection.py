"""Data after the port is open, as the AP protects it (rule 23): CCM with 802.11's nonce and the AMP frame's AAD."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security import aead
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import PN_OCTETS, PROTO, Msg
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret

HEAD_OCTETS = 1 + PN_OCTETS


@dataclass(frozen=True)
class FrameAround:
    """What of the frame a MIC covers."""

    mac: Mac
    prof: int
    station_id: int
    msg: Msg

    @property
    def aad(self) -> bytes:
        """FC, ID as sent, PROTO and MSG, PROF (rule 2)."""
        frame_control = self.mac.type_authentication + (1 << self.mac.protected_bit)
        return struct.pack("<BHBB", frame_control, self.station_id, PROTO << 5 | self.msg, self.prof)


def seal(key: Secret, key_id: int, sender: bytes, pn: int, data: bytes, around: FrameAround) -> bytes:
    """Return KeyID ‖ PN ‖ ciphertext ‖ MIC."""
    number = pn.to_bytes(PN_OCTETS, "big")
    return bytes([key_id]) + number + aead.ccm_seal(key.expose(), b"\0" + sender + number, data, around.aad)


def unseal(key: Secret, sender: bytes, payload: bytes, last_pn: int, around: FrameAround) -> tuple[int, bytes]:
    """Return PN and data of a unicast payload; raises ``RefusedError`` unless it is genuine and newer than the last."""
    if len(payload) < HEAD_OCTETS + aead.TAG_OCTETS:
        raise RefusedError(Reason.MALFORMED)
    number, sealed = payload[1:HEAD_OCTETS], payload[HEAD_OCTETS:]
    if payload[0]:
        raise RefusedError(Reason.OTHER_KEY)
    pn = int.from_bytes(number, "big")
    if pn <= last_pn:
        raise RefusedError(Reason.OLD_PN)
    data = aead.ccm_open(key.expose(), b"\0" + sender + number, sealed, around.aad)
    if data is None:
        raise RefusedError(Reason.BAD_MIC)
    return pn, data
