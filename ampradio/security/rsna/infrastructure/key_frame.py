"""The EAPOL-Key frame as the AP builds and reads it, whole and lite (IEEE 802.11, 12.7.2; rules 20 and 21)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from ampradio.security.journal import RefusedError
from ampradio.security.prf import hmac_sha1
from ampradio.security.primitives import aes_cmac
from ampradio.security.rsna.infrastructure.elements import compress_element, expand_element, parse_element
from ampradio.security.rsna.profiles import (
    ACK,
    AUTHENTICATOR_EAPOL,
    ENCRYPTED,
    INDEX_SHIFT,
    INSTALL,
    KEY_FRAME_OCTETS,
    MIC,
    MIC_OCTETS,
    NONCE_OCTETS,
    PAIRWISE,
    SECURE,
    SUPPLICANT_EAPOL,
    VERSION_CMAC_AES,
    Msg,
    Order,
)
from ampradio.security.rsna.refusal import Reason

_LAYOUT = struct.Struct(">BBHBHHQ32s16s8s8s16sH")
_EAPOL_KEY = 3
_LITE_BITS = ((PAIRWISE, 2), (INSTALL, 3), (ACK, 4), (MIC, 5), (SECURE, 6), (ENCRYPTED, 7))


@dataclass(frozen=True)
class KeyFrame:
    """One EAPOL-Key frame; IV and the reserved field are zero in every frame that is sent or accepted."""

    descriptor: int
    info: int
    replay: int
    key_length: int = 0
    nonce: bytes = bytes(NONCE_OCTETS)
    rsc: bytes = bytes(8)
    mic: bytes = bytes(MIC_OCTETS)
    data: bytes = b""
    version: int = AUTHENTICATOR_EAPOL

    def encode(self) -> bytes:
        """Return the whole frame, from the 802.1X header on."""
        length = KEY_FRAME_OCTETS - 4 + len(self.data)
        fixed = self.nonce, bytes(16), self.rsc, bytes(8), self.mic, len(self.data)
        head = self.version, _EAPOL_KEY, length, self.descriptor, self.info, self.key_length, self.replay
        return _LAYOUT.pack(*head, *fixed) + self.data

    @classmethod
    def parse(cls, octets: bytes) -> KeyFrame:
        """Read a station's frame; raises ``RefusedError`` for one whose lengths or reserved octets lie."""
        if len(octets) < KEY_FRAME_OCTETS:
            raise RefusedError(Reason.MALFORMED)
        version, kind, length, descriptor, info, key_length, replay, nonce, iv, rsc, reserved, mic, size = (
            _LAYOUT.unpack_from(octets)
        )
        data = octets[KEY_FRAME_OCTETS:]
        if kind != _EAPOL_KEY or length != len(octets) - 4 or size != len(data) or any(iv) or any(reserved):
            raise RefusedError(Reason.MALFORMED)
        return cls(descriptor, info, replay, key_length, nonce, rsc, mic, data, version)

    def signed(self, kck: bytes) -> KeyFrame:
        """Return the frame with its MIC."""
        return replace(self, mic=self.expected_mic(kck))

    def expected_mic(self, kck: bytes) -> bytes:
        """Return the MIC over this frame with a zero in the MIC's place, by the descriptor version of its own."""
        octets = replace(self, mic=bytes(MIC_OCTETS)).encode()
        if self.info & 7 == VERSION_CMAC_AES:
            return aes_cmac(kck, octets)
        return hmac_sha1(kck, octets)[:MIC_OCTETS]


def compress(frame: KeyFrame, msg: Msg, pmkid: bytes = b"") -> bytes:
    """Return the lite form of a frame of the AP."""
    info = frame.info >> INDEX_SHIFT & 3 | sum(1 << bit for mask, bit in _LITE_BITS if frame.info & mask)
    head = bytes([info, frame.replay & 0xFF])
    if msg is Msg.PAIRWISE_1:
        return head + frame.nonce + pmkid
    if msg is Msg.GROUP_1:
        return head + frame.rsc[:6] + frame.mic + frame.data
    if frame.info & ENCRYPTED:
        return head + frame.mic + frame.data
    return head + frame.mic + compress_element(parse_element(Order.RSN, frame.data))


def expand(
    payload: bytes, msg: Msg, descriptor: int, version: int, last_replay: int, pmkids: tuple[bytes, ...] = ()
) -> KeyFrame:
    """Return the station's frame that a lite payload stands for; raises ``RefusedError`` for another layout."""
    sizes = {Msg.PAIRWISE_2: 2 + NONCE_OCTETS + MIC_OCTETS + 4}.get(msg, 2 + MIC_OCTETS)
    if len(payload) != sizes:
        raise RefusedError(Reason.MALFORMED)
    info = version | (payload[0] & 3) << INDEX_SHIFT
    info |= sum(mask for mask, bit in _LITE_BITS if payload[0] & 1 << bit)
    replay = last_replay + (payload[1] - last_replay) % 256
    nonce, data, rest = bytes(NONCE_OCTETS), b"", payload[2:]
    if msg is Msg.PAIRWISE_2:
        nonce, rest = rest[:NONCE_OCTETS], rest[NONCE_OCTETS:]
        data = expand_element(rest[MIC_OCTETS:], pmkids)
    mic = rest[:MIC_OCTETS]
    return KeyFrame(descriptor, info, replay, 0, nonce, bytes(8), mic, data, SUPPLICANT_EAPOL)
