"""One station on its way to an open port, as the AP sees it (R4.1 to R4.17; protocols page 5.4, rules 20 to 22)."""

from __future__ import annotations

from ampradio.security.entropy import EntropyError
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.rsna.infrastructure import protection, relay
from ampradio.security.rsna.infrastructure.handshake import Handshake
from ampradio.security.rsna.infrastructure.progress import Association, Phase
from ampradio.security.rsna.infrastructure.setting import ApSetting
from ampradio.security.rsna.infrastructure.talk import Talk
from ampradio.security.rsna.profiles import (
    AKMS_PSK,
    KEY_FRAME_OCTETS,
    MIC_OCTETS,
    NONCE_OCTETS,
    PMK_OCTETS,
    STATUS_OK,
    Msg,
    Port,
)
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret
from ampradio.security.session import Message

EAP_ROUNDS_MAX = 100
_LITE_EMPTY_KEY_FRAME = 2 + MIC_OCTETS


class Station(Talk):
    """One enrolled station."""

    def __init__(self, setting: ApSetting, station_id: int, spa: bytes, psk: Secret | None, aid: int) -> None:
        super().__init__(setting, station_id)
        self.spa = spa
        self._psk = psk
        self._aid = aid
        self._bond = Association(self._parameters.pmk_lifetime_ns)

    @property
    def to_server(self) -> EapToServer | None:
        """What the EAP server is being asked."""
        return self._bond.to_server

    @property
    def deadlines(self) -> list[int]:
        """When the station, or the server, has to have answered."""
        station = None if self.step is None else self.step.deadline_ns
        return [deadline for deadline in (station, self._bond.server_deadline_ns) if deadline is not None]

    def ask_server(self, deadline_ns: int) -> EapToServer | None:
        """Return what the server is to be asked, once, and expect its answer by then."""
        bond = self._bond
        if bond.to_server is None or bond.server_deadline_ns is not None:
            return None
        bond.server_deadline_ns = deadline_ns
        return bond.to_server

    def begin(self) -> None:
        """Look for the station: advertise to it (R4.7), behind the end of what there was."""
        if self.port is not Port.BLOCKED:
            self._outbox.append(self._deauthentication())
        self._close()
        self.phase = Phase.DISCOVERY
        advert = self._setting.management.advert()
        self._expect(Msg.ADVERT, lambda again: advert, 1 if self._parameters.lite else 6)

    def handle_deadline(self, now_ns: int) -> None:
        """Say again what was not answered in time, and give up after the last try (rule 22)."""
        server_deadline_ns = self._bond.server_deadline_ns
        if server_deadline_ns is not None and now_ns >= server_deadline_ns:
            self.fail("server_silent")
            return
        if self.overdue(now_ns):
            self.fail("no_answer")

    def receive(self, message: Message, now_ns: int) -> None:
        """Take a message; raises ``RefusedError`` for one that is not the answer waited for."""
        msg = Msg(message.msg)
        if msg is Msg.DATA_UP:
            self._take_data(message)
            return
        if self.step is None or msg != self.step.msg + 1:
            raise RefusedError(Reason.UNEXPECTED if self.port is not Port.BLOCKED else Reason.PORT)
        take = {
            Msg.AUTH_REQUEST: self._take_auth,
            Msg.ASSOC_REQUEST: self._take_association,
            Msg.PAIRWISE_2: self._take_pairwise_2,
            Msg.PAIRWISE_4: self._take_pairwise_4,
            Msg.GROUP_2: self._take_group_2,
        }.get(msg, self._take_eap)
        take(message.payload, now_ns)

    def from_server(self, answer: EapFromServer, now_ns: int) -> None:
        """Carry the server's EAP packet to the station; with its last one take the PMK from the MSK (R4.18)."""
        self._bond.to_server, self._bond.server_deadline_ns, packet = None, None, answer.eap
        code = packet[0] if len(packet) >= 4 and int.from_bytes(packet[2:4], "big") == len(packet) else 0
        if answer.accepted and code == relay.SUCCESS and answer.msk is not None and len(answer.msk) >= PMK_OCTETS:
            self._bond.pmk = Secret(answer.msk.expose()[:PMK_OCTETS])
            if answer.lifetime_s is not None:
                self._bond.lifetime_ns = answer.lifetime_s * 1_000_000_000
            self._note("authenticated", peer="station", by="server")
            self._enter_pairwise((self._message(Msg.EAP_RESULT, relay.encode_eap(self._parameters, packet)),))
        elif code == relay.REQUEST and not (answer.accepted or answer.rejected):
            self._bond.identifier = packet[1]
            msg = Msg.EAP_REQUEST if self._bond.method_begun else Msg.EAP_FIRST_REQUEST
            self._bond.method_begun = True
            self.phase = Phase.EAP
            self._expect(msg, lambda again: relay.encode_eap(self._parameters, packet), self._setting.eap_reply_octets)
        else:
            said = packet if code == relay.FAILURE else relay.failure(self._bond.identifier)
            self._outbox.append(self._message(Msg.EAP_RESULT, relay.encode_eap(self._parameters, said)))
            self.fail("eap_rejected" if answer.rejected else "server_answered_nonsense", deauth=False)

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

    def _take_auth(self, payload: bytes, now_ns: int) -> None:
        self._setting.management.auth_request(payload)
        self.phase = Phase.AUTHENTICATED
        answer = self._setting.management.auth_response()
        reply = 21 if self._parameters.lite else 31 + len(self._parameters.ssid) + 18
        self._expect(Msg.AUTH_RESPONSE, lambda again: answer, reply)

    def _take_association(self, payload: bytes, now_ns: int) -> None:
        """Agree on the suites (R4.3 to R4.5) and go on to EAP, or with a PSK or a cached PMK to the 4-way handshake."""
        management = self._setting.management
        request = management.association_request(payload)
        akm = request.suites.akms[0] if request.suites.akms else 0
        status = management.judge(request.suites, self._psk is not None or akm not in AKMS_PSK)
        response = self._message(Msg.ASSOC_RESPONSE, management.association_response(status, self._aid))
        if status != STATUS_OK:
            self._outbox.append(response)
            self.fail(f"status_{status}")
            return
        bond = self._bond
        bond.akm, bond.element, bond.suites = akm, request.element, request.suites
        self._note("associated", akm=akm, aid=self._aid)
        if akm in AKMS_PSK:
            self._bond.pmk = self._psk
            self._enter_pairwise((response,))
            return
        cached = self._setting.cache.find(self.spa, akm, request.suites.pmkids, now_ns)
        if cached is not None:
            self._bond.pmk, self._bond.pmkid = cached.pmk, cached.pmkid
            self._note("pmk_from_cache")
            self._enter_pairwise((response,))
            return
        self._set_port(Port.EAP_ONLY)
        self.phase = Phase.EAP
        self._setting.conversations += 1
        self._bond.identifier = self._setting.first_identifier
        self._bond.conversation = self._setting.conversations
        request_identity = relay.encode_eap(self._parameters, relay.identity_request(self._bond.identifier))
        reply = self._setting.eap_reply_octets
        self._expect(Msg.EAP_IDENTITY_REQUEST, lambda again: request_identity, reply, (response,))

    def _take_eap(self, payload: bytes, now_ns: int) -> None:
        packet, bond = relay.parse_eap(self._parameters, payload), self._bond
        if packet[1] != bond.identifier:
            raise RefusedError(Reason.BAD_EAP)
        assert self.step is not None
        if self.step.msg is Msg.EAP_IDENTITY_REQUEST:
            bond.identity = relay.identity_of(packet)
        if bond.requests >= EAP_ROUNDS_MAX:
            self.fail("too_many_rounds")
            return
        self.step = None
        self.phase = Phase.SERVER
        bond.requests += 1
        bond.to_server = EapToServer(bond.conversation, bond.requests, bond.identity, self.spa, packet)

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
