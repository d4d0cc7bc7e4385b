"""4-way and group key handshake as a tag runs them (IEEE 802.11, 12.7.6 and 12.7.7; rules 20 to 22)."""

from __future__ import annotations

from collections.abc import Callable

from ampradio.security.journal import RefusedError
from ampradio.security.primitives import equal
from ampradio.security.rsna.profiles import (
    ACK,
    ENCRYPTED,
    INSTALL,
    KEY_OCTETS,
    MIC,
    NONCE_OCTETS,
    PAIRWISE,
    SECURE,
    Msg,
    Order,
    RsnaParameters,
    descriptor_version,
)
from ampradio.security.rsna.refusal import Reason
from ampradio.security.rsna.tag.key_frame import KeyFrame, mic_of, read_lite, read_whole, write_lite
from ampradio.security.rsna.tag.keys import KeyData, TransientKeys, parse_key_data, unwrapped
from ampradio.security.secret import Secret

GroupKeyFound = tuple[int, Secret, int]


class Handshake:
    """The keys of one association at the tag.

    Nothing of message 1 is believed before message 3, whose MIC shows that the AP is there now and has the PMK.
    """

    def __init__(
        self,
        parameters: RsnaParameters,
        akm: int,
        addresses: tuple[bytes, bytes],
        pmk: Secret,
        elements: tuple[bytes, bytes],
        draw: Callable[[int], bytes],
    ) -> None:
        """Take AA and SPA, the PMK, and the elements of AP and tag as they were negotiated."""
        self._parameters = parameters
        self._akm = akm
        self._aa, self._spa = addresses
        self._pmk = pmk
        self._ap_element, self._own_element = elements
        self._draw = draw
        self._version = descriptor_version(akm)
        self._replay = 0
        self._anonce = self._snonce = b""
        self._fresh: TransientKeys | None = None
        self.keys: TransientKeys | None = None

    def message_2(self, payload: bytes, pmkid: bytes) -> bytes:
        """Return message 2 to a message 1; ``pmkid`` is the one that a cached PMK must be named by."""
        frame = self._read(payload, Msg.PAIRWISE_1, PAIRWISE | ACK)
        named = parse_key_data(frame.data).pmkid
        if pmkid and named != pmkid:
            raise RefusedError(Reason.OTHER_PMK)
        if frame.nonce != self._anonce or self._fresh is None:
            self._snonce = self._snonce or self._draw(NONCE_OCTETS)
            fresh = TransientKeys.derive(self._akm, self._pmk, self._aa, self._spa, frame.nonce, self._snonce)
            self._drop_fresh()
            self._anonce, self._fresh = frame.nonce, fresh
        return self._signed(PAIRWISE | MIC, frame.replay, self._fresh, self._snonce, self._own_element)

    def message_4(self, payload: bytes) -> tuple[bytes, GroupKeyFound | None, bool]:
        """Return message 4 to a message 3, the group key that it brought, and whether its keys are new (W4.1)."""
        info = PAIRWISE | INSTALL | ACK | MIC
        if self._parameters.order is Order.RSN:
            info |= SECURE | ENCRYPTED
        keys = self._fresh or self.keys
        assert keys is not None, "a handshake begins with message 1"
        frame = self._genuine(payload, Msg.PAIRWISE_3, info, keys)
        if frame.nonce != self._anonce:
            raise RefusedError(Reason.NONCE_CHANGED)
        data = frame.data
        if self._parameters.order is Order.RSN:
            data = unwrapped(keys.kek, data)
        found = KeyData(element=data) if self._parameters.order is Order.WPA1 else parse_key_data(data)
        if found.element != self._ap_element:
            raise RefusedError(Reason.ELEMENT_CHANGED)
        if (found.gtk is not None) != (self._parameters.order is Order.RSN):
            raise RefusedError(Reason.BAD_KEY_DATA)
        self._replay = frame.replay
        info = PAIRWISE | MIC | (SECURE if self._parameters.order is Order.RSN else 0)
        answer = self._signed(info, frame.replay, keys)
        group = None if found.gtk is None else (*found.gtk, int.from_bytes(frame.rsc[:6], "little"))
        return answer, group, keys is self._fresh

    def install(self) -> None:
        """Use the new keys from now on; once for each message 3 that brought any."""
        if self.keys is not None:
            self.keys.wipe()
        self.keys, self._fresh = self._fresh, None
        self._snonce = b""

    def group_2(self, payload: bytes) -> tuple[bytes, GroupKeyFound]:
        """Return group message 2 to a group message 1, and the key that it brought."""
        assert self.keys is not None, "group keys come after pairwise keys"
        info = ACK | MIC | SECURE | (ENCRYPTED if self._parameters.order is Order.RSN else 0)
        frame = self._genuine(payload, Msg.GROUP_1, info, self.keys)
        data = unwrapped(self.keys.kek, frame.data)
        index = frame.info >> 4 & 3
        if self._parameters.order is Order.RSN:
            found = parse_key_data(data).gtk
        else:
            found = (index, Secret(data)) if len(data) == KEY_OCTETS else None
        if found is None:
            raise RefusedError(Reason.BAD_KEY_DATA)
        self._replay = frame.replay
        answer = self._signed(MIC | SECURE | index << 4, frame.replay, self.keys)
        return answer, (*found, int.from_bytes(frame.rsc[:6], "little"))

    def wipe(self) -> None:
        """Overwrite all keys."""
        self._drop_fresh()
        if self.keys is not None:
            self.keys.wipe()
            self.keys = None

    def _drop_fresh(self) -> None:
        if self._fresh is not None:
            self._fresh.wipe()
            self._fresh = None

    def _read(self, payload: bytes, msg: Msg, info: int) -> KeyFrame:
        if self._parameters.lite:
            frame = read_lite(payload, msg, self._version, self._replay, self._anonce)
        else:
            frame = read_whole(payload, self._parameters.descriptor)
        index = frame.info & 0x30 if msg is Msg.GROUP_1 and self._parameters.order is not Order.RSN else 0
        if frame.info != info | index | self._version:
            raise RefusedError(Reason.KEY_INFORMATION)
        if frame.replay <= self._replay:
            raise RefusedError(Reason.REPLAY)
        return frame

    def _genuine(self, payload: bytes, msg: Msg, info: int, keys: TransientKeys) -> KeyFrame:
        frame = self._read(payload, msg, info)
        mic = mic_of(frame, keys.kck.expose(), self._parameters.descriptor, own=False)
        if not equal(mic, frame.mic):
            raise RefusedError(Reason.BAD_MIC)
        return frame

    def _signed(
        self, info: int, replay: int, keys: TransientKeys, nonce: bytes = bytes(32), data: bytes = b""
    ) -> bytes:
        length = KEY_OCTETS if self._parameters.order is Order.WPA1 else 0
        frame = KeyFrame(info | self._version, replay, length, nonce, data=data)
        frame.mic = mic_of(frame, keys.kck.expose(), self._parameters.descriptor, own=True)
        if self._parameters.lite:
            return write_lite(frame)
        return frame.octets(1, self._parameters.descriptor)
