"""The AP's end of S4: 802.1X authenticator for the stations it knows, with one group key (protocols page 5.4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ampradio.profile.model import Mac
from ampradio.security.entropy import NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.rsna.infrastructure import protection
from ampradio.security.rsna.infrastructure.management import Management
from ampradio.security.rsna.infrastructure.pmk_cache import PmkCache
from ampradio.security.rsna.infrastructure.progress import Phase
from ampradio.security.rsna.infrastructure.setting import ApSetting, new_group_key
from ampradio.security.rsna.infrastructure.station import Station
from ampradio.security.rsna.profiles import ADDRESS_OCTETS, PMK_OCTETS, PROTO, Msg, Port, RsnaParameters
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource, Message, SecurityEvent

STATIONS_MAX = 2007


class Authenticator:
    """One AP."""

    def __init__(
        self,
        mac: Mac,
        parameters: RsnaParameters,
        aa: bytes,
        entropy: EntropySource,
        *,
        element: bytes | None = None,
        eap_reply_octets: int = 66,
        server_timeout_ns: int = 5_000_000_000,
        igtk: bool = False,
        first_replay: int = 1,
        first_identifier: int = 0,
    ) -> None:
        """Take the AP's address; ``element`` is advertised in place of the default one.

        ``eap_reply_octets`` sizes the slots for EAP responses; ``igtk`` delivers an IGTK beside the group key (rsn);
        ``first_replay`` and ``first_identifier`` are what replay counters and EAP identifiers begin with.
        Raises ``ValueError`` for a bad address, ``EntropyError`` when no group key can be drawn.
        """
        if len(aa) != ADDRESS_OCTETS:
            raise ValueError(f"an address has {ADDRESS_OCTETS} octets, not {len(aa)}")
        nonces, journal = NonceSource(entropy), Journal("ap")
        self._setting = ApSetting(
            mac,
            parameters,
            aa,
            nonces,
            journal,
            Management(parameters, element),
            PmkCache(aa, enabled=parameters.pmk_caching),
            eap_reply_octets,
            first_replay,
            first_identifier,
            igtk,
            new_group_key(nonces, 1, igtk),
        )
        self._server_timeout_ns = server_timeout_ns
        self._stations: dict[int, Station] = {}
        self._group_outbox: list[Message] = []
        journal.note("parameters", **parameters.report())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._setting.journal.counters

    @property
    def busy(self) -> bool:
        """True while a station is between its advert and an open port."""
        return any(station.phase not in (Phase.IDLE, Phase.OPEN) for station in self._stations.values())

    def port(self, station_id: int) -> Port:
        """Return the state of the controlled port to a station; raises ``ValueError`` for an unknown one."""
        return self._station(station_id).port

    def enroll(self, station_id: int, spa: bytes, psk: Secret | None = None) -> None:
        """Know a station by its ID and address, and its PSK (32 octets) unless it uses EAP.

        Raises ``ValueError`` for a bad size, an ID known already, or too many.
        """
        if len(spa) != ADDRESS_OCTETS or (psk is not None and len(psk) != PMK_OCTETS):
            raise ValueError(f"an SPA has {ADDRESS_OCTETS} octets, a PSK {PMK_OCTETS}")
        if station_id in self._stations or len(self._stations) >= STATIONS_MAX:
            raise ValueError(f"0x{station_id:04x} is enrolled, or {STATIONS_MAX} are")
        self._stations[station_id] = Station(self._setting, station_id, spa, psk, len(self._stations) + 1)

    def begin(self, station_id: int) -> None:
        """Establish a link anew, from the advert on; raises ``ValueError`` for an unknown station."""
        self._station(station_id).begin()

    def send(self, station_id: int, data: bytes, reply_octets: int | None = None) -> None:
        """Send protected unicast data; ``reply_octets`` of data may come back.

        Raises ``ValueError`` for an unknown station or a port that is not open.
        """
        self._station(station_id).send(data, reply_octets)

    def send_group(self, data: bytes) -> None:
        """Send protected data to everyone whose port is open."""
        group = self._setting.group = replace(self._setting.group, pn=self._setting.group.pn + 1)
        mac, prof = self._setting.mac, int(self._setting.parameters.prof)
        around = protection.FrameAround(mac, prof, mac.broadcast_id, Msg.DATA_GROUP)
        payload = protection.seal(group.key, group.key_id, self._setting.aa, group.pn, data, around)
        self._group_outbox.append(Message(PROTO, int(Msg.DATA_GROUP), prof, mac.broadcast_id, payload))

    def rekey_group(self) -> None:
        """Give every open station a new group key; it is used when all have it or were given up.

        Raises ``ValueError`` while one is being handed out, ``EntropyError`` when none can be drawn.
        """
        setting = self._setting
        if setting.next_group is not None:
            raise ValueError("a group key is being handed out")
        setting.next_group = new_group_key(setting.nonces, 3 - setting.group.key_id, setting.igtk)
        for station in self._stations.values():
            if station.phase is Phase.OPEN:
                station.give_group_key()
        self._switch_group()

    def deauthenticate(self, station_id: int) -> None:
        """Close the port to a station and forget its PMK; raises ``ValueError`` for an unknown one."""
        station = self._station(station_id)
        self._setting.cache.forget(station.spa)
        station.fail("deauthenticated")

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        try:
            self._accept(message, now_ns)
        except RefusedError as refused:
            self._setting.journal.refuse(refused.reason, message)
        self._switch_group()

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due; one whose ``reply_octets`` is set wants a slot of that payload size."""
        due = [message for station in self._stations.values() for message in station.due(now_ns)]
        due, self._group_outbox = due + self._group_outbox, []
        for message in due:
            self._setting.journal.message("sent", Msg(message.msg).name, message)
        return due

    def backhaul_to_send(self, now_ns: int) -> list[EapToServer]:
        """Return what the EAP server is to be asked."""
        deadline_ns = now_ns + self._server_timeout_ns
        asked = [station.ask_server(deadline_ns) for station in self._stations.values()]
        return [request for request in asked if request is not None]

    def backhaul_received(self, answer: EapFromServer, now_ns: int) -> None:
        """Take the server's answer; one to no open request is counted and dropped."""
        for station in self._stations.values():
            asked = station.to_server
            if asked and (asked.conversation, asked.request_id) == (answer.conversation, answer.request_id):
                station.from_server(answer, now_ns)
                return
        self._setting.journal.refuse_at(Reason.UNEXPECTED, conversation=answer.conversation)

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Nothing: an answer may come until the message's timeout, as rule 22 has it."""

    def next_deadline_ns(self) -> int | None:
        """Return when the first answer, of a station or the server, is overdue."""
        return min((deadline for station in self._stations.values() for deadline in station.deadlines), default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Repeat what was not answered, or give up."""
        for station in self._stations.values():
            station.handle_deadline(now_ns)
        self._switch_group()

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._setting.journal.take()

    def _accept(self, message: Message, now_ns: int) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM)
        if message.prof != self._setting.parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE)
        station = self._stations.get(message.station_id)
        if station is None:
            raise RefusedError(Reason.OTHER_STATION)
        if message.msg not in Msg.__members__.values():
            raise RefusedError(Reason.UNEXPECTED)
        station.receive(message, now_ns)

    def _switch_group(self) -> None:
        """Use the new group key once no open station still waits for it."""
        setting = self._setting
        updating = any(
            station.phase is Phase.GROUP and station.port is Port.OPEN for station in self._stations.values()
        )
        if setting.next_group is not None and not updating:
            setting.group, setting.next_group = setting.next_group, None
            setting.journal.note("group_key", key_id=setting.group.key_id)

    def _station(self, station_id: int) -> Station:
        station = self._stations.get(station_id)
        if station is None:
            raise ValueError(f"0x{station_id:04x} is not enrolled")
        return station
