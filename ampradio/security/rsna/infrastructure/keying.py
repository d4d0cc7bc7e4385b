"""An AP's keys with one station: 4-way and group key handshake, and data under them (R4.12 to R4.19)."""

from __future__ import annotations

from ampradio.security.entropy import EntropyError
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.infrastructure import protection
from ampradio.security.rsna.infrastructure.handshake import Handshake
from ampradio.security.rsna.infrastructure.progress import Association, Phase
from ampradio.security.rsna.infrastructure.setting import ApSetting
from ampradio.security.rsna.infrastructure.talk import Talk
from ampradio.security.rsna.profiles import AKMS_PSK, KEY_FRAME_OCTETS, MIC_OCTETS, NONCE_OCTETS, Msg, Port
from ampradio.security.rsna.refusal import Reason
from ampradio.security.session import Message

_LITE_EMPTY_KEY_FRAME = 2 + MIC_OCTETS


class Keying(Talk):
    """From a PMK to an open port, what passes it, and its end."""

    def __init__(self, setting: ApSetting, station_id: int, spa: bytes) -> None:
        super().__init__(setting, station_id)
        self.spa = spa
        self._bond = Association(self._parameters.pmk_lifetime_ns)

    def send(self, data: bytes, reply_octets: int | None) -> None:
        """Queue protected unicast data; raises ``ValueError`` while the port is not open."""
        handshake = self._bond.handshake
        if self.port is not Port.OPEN or handshake is None or handshake.installed is None:
            raise ValueError(f"the port to 0x{self.station_id:04x} is {self.port.value}")
        self._bond.pn += 1
        around = self._around(Msg.DATA_DOWN)
        payload = protection.seal(handshake.installed.tk, 0, self._setting.aa, self._bond.pn, data, around)
        reply = None if reply_octets is None else protection.HEAD_OCTETS + reply_octets + 8
        self._outbox.append(self._message(Msg.DATA_DOWN, payload, reply))

    def give_group_key(self) -> None:
        """Hand the newest group key to a station whose port is open."""
        self.phase = Phase.GROUP
        self._enter_group()

    def fail(self, reason: str, *, deauth: bool = True) -> None:
        """Give the station up: state 1, port blocked, keys gone; it is told so if it may think otherwise."""
        # a station that hears no advert may have its port open towards an AP that lost its memory
        uncertain = self.port is not Port.BLOCKED or self.phase is Phase.DISCOVERY
        self._setting.journal.note("failed", station_id=self.station_id, reason=reason, phase=self.phase.name.lower())
        self._close()
        if deauth and uncertain:
            self._outbox.append(self._deauthentication())

    def _enter_pairwise(self, prelude: tuple[Message, ...]) -> None:
        self._set_port(Port.EAPOL_ONLY)
        self.phase = Phase.PAIRWISE
        try:
            anonce = self._setting.nonces.draw(NONCE_OCTETS)
        except EntropyError:
            self.fail(Reason.NO_ENTROPY)
            return
        assert self._bond.pmk is not None
        elements = self._setting.management.element, self._bond.element
        self._bond.handshake = handshake = Handshake(
            self._parameters,
            self._bond.akm,
            self._setting.aa,
            self.spa,
            self._bond.pmk,
            anonce,
            elements,
            self._bond.pmkid,
            self._setting.first_replay,
        )
        reply = (
            _LITE_EMPTY_KEY_FRAME + NONCE_OCTETS + 4 if self._parameters.lite else self._frame(len(self._bond.element))
        )
        self._expect(Msg.PAIRWISE_1, handshake.message_1, reply, prelude)

    def _take_pairwise_2(self, payload: bytes, now_ns: int) -> None:
        handshake = self._at_handshake()
        handshake.take_message_2(payload, self._bond.suites.pmkids)
        self._bond.given = self._setting.newest_group
        given, setting = self._bond.given, self._setting
        self._expect(
            Msg.PAIRWISE_3, lambda again: handshake.message_3(setting.same_group(given), again), self._frame(0)
        )

    def _take_pairwise_4(self, payload: bytes, now_ns: int) -> None:
        self._at_handshake().take_message_4(payload)
        self._bond.pn = self._bond.last_pn = 0
        self._note("keys_installed")
        if self._bond.akm not in AKMS_PSK and self._bond.pmk is not None:
            self._setting.cache.put(self.spa, self._bond.akm, self._bond.pmk, now_ns + self._bond.lifetime_ns)
        if self._parameters.order.group_key_in_message_3:
            self._open()
        else:
            self.phase = Phase.GROUP
            self._enter_group()

    def _enter_group(self) -> None:
        handshake, given = self._at_handshake(), self._setting.newest_group
        self._bond.given = given
        setting = self._setting
        self._expect(Msg.GROUP_1, lambda again: handshake.group_1(setting.same_group(given), again), self._frame(0))

    def _take_group_2(self, payload: bytes, now_ns: int) -> None:
        assert self._bond.given is not None
        self._at_handshake().take_group_2(payload, self._bond.given)
        self._open()

    def _take_data(self, message: Message) -> None:
        handshake = self._bond.handshake
        if self.port is not Port.OPEN or handshake is None or handshake.installed is None:
            raise RefusedError(Reason.PORT)
        key, around = handshake.installed.tk, self._around(Msg.DATA_UP)
        self._bond.last_pn, data = protection.unseal(key, self.spa, message.payload, self._bond.last_pn, around)
        self._note("uplink_data", data_hex=data.hex(), pn=self._bond.last_pn)

    def _open(self) -> None:
        """The end of all phases (R4.16): data may pass."""
        self.step = None
        self.phase = Phase.OPEN
        given = self._bond.given
        if given is not None and given.key_id != self._setting.newest_group.key_id:
            self.give_group_key()  # a new one has come meanwhile
        if self.port is not Port.OPEN:
            self._set_port(Port.OPEN)
            self._note("completed", akm=self._bond.akm)

    def _close(self) -> None:
        if self._bond.handshake is not None:
            self._bond.handshake.wipe()
        self._bond = Association(self._parameters.pmk_lifetime_ns)
        self._set_port(Port.BLOCKED)
        self.phase, self.step = Phase.IDLE, None

    def _frame(self, data_octets: int) -> int:
        return _LITE_EMPTY_KEY_FRAME if self._parameters.lite else KEY_FRAME_OCTETS + data_octets

    def _at_handshake(self) -> Handshake:
        assert self._bond.handshake is not None
        return self._bond.handshake
