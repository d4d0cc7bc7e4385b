"""One station on its way to an open port, as the AP sees it (R4.1 to R4.17; protocols page 5.4, rules 20 to 22)."""

from __future__ import annotations

from ampradio.security.journal import RefusedError
from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.rsna.infrastructure import relay
from ampradio.security.rsna.infrastructure.keying import Keying
from ampradio.security.rsna.infrastructure.progress import Phase
from ampradio.security.rsna.infrastructure.setting import ApSetting
from ampradio.security.rsna.profiles import AKMS_PSK, PMK_OCTETS, STATUS_OK, Msg, Port
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret
from ampradio.security.session import Message

EAP_ROUNDS_MAX = 100


class Station(Keying):
    """One enrolled station."""

    def __init__(self, setting: ApSetting, station_id: int, spa: bytes, psk: Secret | None, aid: int) -> None:
        super().__init__(setting, station_id, spa)
        self._psk = psk
        self._aid = aid

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
