"""4-way and group key handshake as the AP runs them with one station (IEEE 802.11, 12.7.6, 12.7.7; rules 20-22)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.journal import RefusedError
from ampradio.security.primitives import equal
from ampradio.security.rsna.infrastructure import key_frame
from ampradio.security.rsna.infrastructure.key_frame import KeyFrame
from ampradio.security.rsna.infrastructure.keys import (
    PairwiseKey,
    group_key_element,
    igtk_element,
    pairwise_key,
    pmkid_element,
    wrapped,
)
from ampradio.security.rsna.profiles import (
    ACK,
    ENCRYPTED,
    INDEX_SHIFT,
    INSTALL,
    KEY_OCTETS,
    MIC,
    PAIRWISE,
    SECURE,
    Msg,
    Order,
    RsnaParameters,
    descriptor_version,
)
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret

_IGTK_ID = 3  # IGTKs have the key IDs 4 and 5


@dataclass(frozen=True)
class GroupKey:
    """The group key in force, its index, the packet number reached under it, and the IGTK if there is one."""

    key_id: int
    key: Secret
    pn: int = 0
    igtk: Secret | None = None

    @property
    def elements(self) -> bytes:
        """The KDEs that deliver it."""
        igtk = b"" if self.igtk is None else igtk_element(_IGTK_ID + self.key_id, self.igtk)
        return group_key_element(self.key_id, self.key) + igtk

    @property
    def rsc(self) -> bytes:
        """The receive sequence counter that a station starts from, little-endian."""
        return self.pn.to_bytes(8, "little")


class Handshake:
    """One association's keys at the AP: every frame it sends has a replay counter of its own."""

    def __init__(
        self,
        parameters: RsnaParameters,
        akm: int,
        aa: bytes,
        spa: bytes,
        pmk: Secret,
        anonce: bytes,
        elements: tuple[bytes, bytes],
        pmkid: bytes,
        first_replay: int,
    ) -> None:
        """Take the PMK, the ANonce, and the elements of AP and station as they were negotiated.

        ``pmkid`` names a cached PMK in message 1, empty for none.
        """
        self._parameters = parameters
        self._akm = akm
        self._addresses = aa, spa
        self._pmk = pmk
        self._anonce = anonce
        self._own_element, self._station_element = elements
        self._pmkid = pmkid
        self._version = descriptor_version(akm)
        self._replay = first_replay - 1
        self._first_of_step = first_replay
        self._ptk: PairwiseKey | None = None
        self.installed: PairwiseKey | None = None

    def message_1(self, again: bool = False) -> bytes:
        """Return message 1."""
        frame = self._frame(
            PAIRWISE | ACK,
            again,
            key_length=KEY_OCTETS,
            nonce=self._anonce,
            data=pmkid_element(self._pmkid) if self._pmkid else b"",
        )
        return self._encoded(frame, Msg.PAIRWISE_1)

    def take_message_2(self, payload: bytes, pmkids: tuple[bytes, ...]) -> None:
        """Believe a message 2 whose MIC is right and whose element is the one of the association (W4.4)."""
        frame = self._received(payload, Msg.PAIRWISE_2, PAIRWISE | MIC, pmkids)
        ptk = pairwise_key(self._akm, self._pmk, *self._addresses, self._anonce, frame.nonce)
        self._require_mic(frame, ptk)
        if frame.data != self._station_element:
            raise RefusedError(Reason.ELEMENT_CHANGED)
        self._ptk = ptk

    def message_3(self, group: GroupKey, again: bool = False) -> bytes:
        """Return message 3; order=rsn sends the group key in it."""
        info = PAIRWISE | INSTALL | ACK | MIC
        data = self._own_element
        if self._parameters.order.group_key_in_message_3:
            info |= SECURE | ENCRYPTED
            data = wrapped(self._keys.kek, data + group.elements)
        rsc = group.rsc if self._parameters.order.group_key_in_message_3 else bytes(8)
        if self._parameters.lite:
            rsc = bytes(8)  # the lite message 3 has no room for it (rule 21)
        frame = self._frame(info, again, key_length=KEY_OCTETS, nonce=self._anonce, rsc=rsc, data=data)
        return self._encoded(frame.signed(self._keys.kck.expose()), Msg.PAIRWISE_3)

    def take_message_4(self, payload: bytes) -> None:
        """Install the PTK on a genuine message 4 (rule 22)."""
        info = PAIRWISE | MIC | (SECURE if self._parameters.order is Order.RSN else 0)
        self._require_mic(self._received(payload, Msg.PAIRWISE_4, info), self._keys)
        self.installed = self._keys

    def group_1(self, group: GroupKey, again: bool = False) -> bytes:
        """Return group message 1; order=seed wraps the bare key and names it in the key information."""
        info = ACK | MIC | SECURE
        if self._parameters.order is Order.RSN:
            info |= ENCRYPTED
            data = wrapped(self._keys.kek, group.elements)
        else:
            info |= group.key_id << INDEX_SHIFT
            data = wrapped(self._keys.kek, group.key.expose())
        frame = self._frame(info, again, rsc=group.rsc, data=data)
        return self._encoded(frame.signed(self._keys.kck.expose()), Msg.GROUP_1)

    def take_group_2(self, payload: bytes, group: GroupKey) -> None:
        """Believe a genuine group message 2."""
        info = MIC | SECURE
        if self._parameters.order is not Order.RSN:
            info |= group.key_id << INDEX_SHIFT
        self._require_mic(self._received(payload, Msg.GROUP_2, info), self._keys)

    def wipe(self) -> None:
        """Overwrite the keys."""
        if self._ptk is not None:
            self._ptk.wipe()
            self._ptk = self.installed = None

    @property
    def _keys(self) -> PairwiseKey:
        assert self._ptk is not None
        return self._ptk

    def _frame(
        self,
        info: int,
        again: bool,
        *,
        key_length: int = 0,
        nonce: bytes = bytes(32),
        rsc: bytes = bytes(8),
        data: bytes = b"",
    ) -> KeyFrame:
        self._replay += 1
        if not again:
            self._first_of_step = self._replay
        if self._parameters.order is Order.WPA1:
            key_length = KEY_OCTETS
        descriptor = self._parameters.descriptor
        return KeyFrame(descriptor, info | self._version, self._replay, key_length, nonce, rsc, data=data)

    def _encoded(self, frame: KeyFrame, msg: Msg) -> bytes:
        return key_frame.compress(frame, msg, self._pmkid) if self._parameters.lite else frame.encode()

    def _received(self, payload: bytes, msg: Msg, info: int, pmkids: tuple[bytes, ...] = ()) -> KeyFrame:
        """Return a frame that answers the last one sent, its MIC not yet checked; ``Station`` sees to the order."""
        if self._parameters.lite:
            descriptor, last = self._parameters.descriptor, self._first_of_step
            frame = key_frame.expand(payload, msg, descriptor, self._version, last, pmkids)
        else:
            frame = KeyFrame.parse(payload)
        if frame.info != info | self._version or frame.descriptor != self._parameters.descriptor:
            raise RefusedError(Reason.KEY_INFORMATION)
        if not self._first_of_step <= frame.replay <= self._replay:
            raise RefusedError(Reason.REPLAY)
        return frame

    @staticmethod
    def _require_mic(frame: KeyFrame, ptk: PairwiseKey) -> None:
        if not equal(frame.expected_mic(ptk.kck.expose()), frame.mic):
            raise RefusedError(Reason.BAD_MIC)
