"""The EAPOL-Key frame as the tag takes it apart and puts it together, whole and lite (12.7.2; rules 20 and 21)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.journal import RefusedError
from ampradio.security.prf import hmac_sha1
from ampradio.security.primitives import aes_cmac
from ampradio.security.rsna.profiles import (
    AUTHENTICATOR_EAPOL,
    ENCRYPTED,
    KEY_FRAME_OCTETS,
    KEY_OCTETS,
    MIC_OCTETS,
    NONCE_OCTETS,
    PMKID_OCTETS,
    RSN_OUI,
    SUPPLICANT_EAPOL,
    VERSION_CMAC_AES,
    Msg,
)
from ampradio.security.rsna.refusal import Reason
from ampradio.security.rsna.tag.elements import element_of_lite, lite_of_element

_EAPOL_KEY = 3
_HEAD = bytes([AUTHENTICATOR_EAPOL, _EAPOL_KEY])
_MIC_AT = slice(81, 97)


@dataclass
class KeyFrame:
    """The fields of a frame that are not constant."""

    info: int
    replay: int
    key_length: int = 0
    nonce: bytes = bytes(NONCE_OCTETS)
    rsc: bytes = bytes(8)
    mic: bytes = bytes(MIC_OCTETS)
    data: bytes = b""

    def octets(self, eapol_version: int, descriptor: int) -> bytes:
        """Return the frame from the 802.1X header on."""
        body = bytes([descriptor]) + self.info.to_bytes(2, "big") + self.key_length.to_bytes(2, "big")
        body += self.replay.to_bytes(8, "big") + self.nonce + bytes(16) + self.rsc + bytes(8) + self.mic
        body += len(self.data).to_bytes(2, "big") + self.data
        return bytes([eapol_version, _EAPOL_KEY]) + len(body).to_bytes(2, "big") + body


def read_whole(octets: bytes, descriptor: int) -> KeyFrame:
    """Read an AP's frame; raises ``RefusedError`` for lengths that lie, reserved octets or another descriptor."""
    if len(octets) < KEY_FRAME_OCTETS or octets[:2] != _HEAD or octets[4] != descriptor:
        raise RefusedError(Reason.MALFORMED)
    length, size = int.from_bytes(octets[2:4], "big"), int.from_bytes(octets[97:99], "big")
    if length + 4 != len(octets) or size + KEY_FRAME_OCTETS != len(octets):
        raise RefusedError(Reason.MALFORMED)
    if any(octets[49:65]) or any(octets[73:81]):
        raise RefusedError(Reason.MALFORMED)
    return KeyFrame(
        info=int.from_bytes(octets[5:7], "big"),
        key_length=int.from_bytes(octets[7:9], "big"),
        replay=int.from_bytes(octets[9:17], "big"),
        nonce=octets[17:49],
        rsc=octets[65:73],
        mic=octets[_MIC_AT],
        data=octets[KEY_FRAME_OCTETS:],
    )


def read_lite(payload: bytes, msg: Msg, version: int, last_replay: int, anonce: bytes) -> KeyFrame:
    """Rebuild an AP's frame: its replay counter is the smallest not below the last one accepted (rule 21)."""
    if len(payload) < 2:
        raise RefusedError(Reason.MALFORMED)
    bits, low = payload[0], payload[1]
    info = version | (bits & 0x03) << 4 | (bits >> 2 & 1) << 3 | (bits >> 3 & 3) << 6 | (bits >> 5 & 3) << 8
    info |= ENCRYPTED if bits & 0x80 else 0
    replay = last_replay & ~0xFF | low
    frame = KeyFrame(info, replay if replay >= last_replay else replay + 0x100)
    rest = payload[2:]
    if msg is Msg.PAIRWISE_1:
        frame.key_length, frame.nonce, pmkid = KEY_OCTETS, rest[:NONCE_OCTETS], rest[NONCE_OCTETS:]
        if len(frame.nonce) != NONCE_OCTETS or len(pmkid) not in (0, PMKID_OCTETS):
            raise RefusedError(Reason.MALFORMED)
        frame.data = b"\xdd\x14" + RSN_OUI + b"\x04" + pmkid if pmkid else b""
        return frame
    if msg is Msg.PAIRWISE_3:
        frame.key_length, frame.nonce = KEY_OCTETS, anonce
    else:
        frame.rsc, rest = rest[:6] + b"\0\0", rest[6:]
    frame.mic, frame.data = rest[:MIC_OCTETS], rest[MIC_OCTETS:]
    if len(frame.mic) != MIC_OCTETS or not frame.data:
        raise RefusedError(Reason.MALFORMED)
    if msg is Msg.PAIRWISE_3 and not info & ENCRYPTED:
        if len(frame.data) != 4:
            raise RefusedError(Reason.MALFORMED)
        frame.data = element_of_lite(frame.data)
    return frame


def mic_of(frame: KeyFrame, kck: bytes, descriptor: int, *, own: bool) -> bytes:
    """Return the MIC over a frame of this end, or of the other, its own MIC field zero."""
    octets = bytearray(frame.octets(SUPPLICANT_EAPOL if own else AUTHENTICATOR_EAPOL, descriptor))
    octets[_MIC_AT] = bytes(MIC_OCTETS)
    if frame.info & 7 == VERSION_CMAC_AES:
        return aes_cmac(kck, bytes(octets))
    return hmac_sha1(kck, bytes(octets))[:MIC_OCTETS]


def write_lite(frame: KeyFrame) -> bytes:
    """Return the lite form of a frame of this end: messages 2 and 4 and group 2."""
    bits = frame.info >> 4 & 3 | (frame.info >> 3 & 1) << 2 | (frame.info >> 6 & 3) << 3 | (frame.info >> 8 & 3) << 5
    head = bytes([bits, frame.replay & 0xFF])
    if any(frame.nonce):
        return head + frame.nonce + frame.mic + lite_of_element(frame.data)
    return head + frame.mic
