"""S4: Key Data under the KEK of a PTK of the log, data under its TK or the group key that came so."""

from __future__ import annotations

from ampradio.security import aead, key_log, primitives
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.infrastructure.key_frame import KeyFrame
from ampradio.security.rsna.infrastructure.protection import HEAD_OCTETS, FrameAround
from ampradio.security.rsna.profiles import (
    ADDRESS_OCTETS,
    ENCRYPTED,
    INDEX_SHIFT,
    KEY_OCTETS,
    NONCE_OCTETS,
    PN_OCTETS,
    Msg,
    Prof,
)
from ampradio.security.rsna.tag.keys import parse_key_data
from ampradio.security.session import Message
from testbed.wireshark.decryption.opened import Around, Opened

_LITE_HEAD, _LITE_ENCRYPTED, _MIC_OCTETS = 2, 0x80, 16


class RsnaOpener:
    """Follows the SNonce of message 2 to its PTK."""

    def __init__(self) -> None:
        self._aa = self._spa = b""
        self._ptk: bytes | None = None
        self._groups: dict[int, bytes] = {}

    def open(self, message: Message, around: Around) -> Opened | None:
        """Return Key Data that was wrapped, or data."""
        try:
            if message.msg == Msg.PAIRWISE_2:
                self._begin(_nonce(message), around)
            elif message.msg in (Msg.PAIRWISE_3, Msg.GROUP_1) and self._ptk is not None:
                return self._key_data(message)
            elif message.msg in (Msg.DATA_DOWN, Msg.DATA_UP, Msg.DATA_GROUP):
                return self._data(message, around)
        except RefusedError:
            pass
        return None

    def _begin(self, snonce: bytes, around: Around) -> None:
        for name, key in around.keys.get(key_log.S4_PTK, []):
            if name[-NONCE_OCTETS:] == snonce:
                self._aa, self._spa, self._ptk = name[:ADDRESS_OCTETS], name[ADDRESS_OCTETS : 2 * ADDRESS_OCTETS], key

    def _key_data(self, message: Message) -> Opened | None:
        assert self._ptk is not None
        index, wrapped = _wrapped(message)
        opened = primitives.aes_unwrap(self._ptk[KEY_OCTETS : 2 * KEY_OCTETS], wrapped) if wrapped else None
        if opened is None:
            return None
        if len(opened) == KEY_OCTETS:
            self._groups[index] = opened
        else:
            found = parse_key_data(opened).gtk
            if found is not None:
                self._groups[found[0]] = found[1].expose()
        return Opened("S4 KEK", opened)

    def _data(self, message: Message, around: Around) -> Opened | None:
        payload = message.payload
        if len(payload) < HEAD_OCTETS or self._ptk is None:
            return None
        key = self._ptk[2 * KEY_OCTETS :] if message.msg != Msg.DATA_GROUP else self._groups.get(payload[0])
        if key is None:
            return None
        sender = self._spa if message.msg == Msg.DATA_UP else self._aa
        aad = FrameAround(around.mac, message.prof, message.station_id, Msg(message.msg)).aad
        nonce = b"\0" + sender + payload[1 : 1 + PN_OCTETS]
        clear = aead.ccm_open(key, nonce, payload[HEAD_OCTETS:], aad)
        return None if clear is None else Opened("S4 GTK" if message.msg == Msg.DATA_GROUP else "S4 TK", clear)


def _nonce(message: Message) -> bytes:
    if message.prof == Prof.LITE:
        return message.payload[_LITE_HEAD : _LITE_HEAD + NONCE_OCTETS]
    return KeyFrame.parse(message.payload).nonce


def _wrapped(message: Message) -> tuple[int, bytes]:
    """Return key index and wrapped Key Data, empty where it is in clear."""
    payload, group = message.payload, message.msg == Msg.GROUP_1
    if message.prof != Prof.LITE:
        frame = KeyFrame.parse(payload)
        return frame.info >> INDEX_SHIFT & 3, frame.data if group or frame.info & ENCRYPTED else b""
    if not payload or not (group or payload[0] & _LITE_ENCRYPTED):
        return 0, b""
    return payload[0] & 3, payload[_LITE_HEAD + PN_OCTETS * group + _MIC_OCTETS :]
