"""A PoS with a radio: SPoS for the MNs it serves, TPoS for those that come, relay for those in between (page 6.4)."""

from __future__ import annotations

from collections import Counter

from ampradio.profile.model import Mac
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.handover.pos import mis
from ampradio.security.handover.pos.air import Air, AirFrame
from ampradio.security.handover.pos.association import Association
from ampradio.security.handover.pos.backhaul import Arrived, Backhaul, Datagram
from ampradio.security.handover.pos.device_keys import DeviceKeys
from ampradio.security.handover.pos.partners import Partner, Partners, Whereabouts
from ampradio.security.handover.pos.serving import ServingRole
from ampradio.security.handover.pos.site import Site, required, service_fields
from ampradio.security.handover.pos.target import TargetRole
from ampradio.security.handover.profiles import (
    PROTO,
    Delivery,
    HandoverParameters,
    Msg,
    Status,
    Tlv,
    require_signal,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.session import EntropySource, Message, SecurityEvent

_ANSWERS = {mis.N2N_REQUEST: mis.N2N_RESPONSE, mis.PUSH_REQUEST: mis.PUSH_RESPONSE}
_UPLINK = (Msg.PREREG_REQUEST, Msg.CONFIRM_MN, Msg.SIGNAL_UL)


class PointOfService:
    """One PoS. It never speaks first on the air: ``uplink_octets_max`` says how large a slot an MN needs."""

    def __init__(
        self,
        mac: Mac,
        parameters: HandoverParameters,
        own_id: bytes,
        entropy: EntropySource,
        *,
        group_manager: bytes | None = None,
        device_keys: DeviceKeys | None = None,
        side: str = "pos",
    ) -> None:
        """Take the agreed parameters, the own lite ID, an entropy source, and what Remedy 2 needs."""
        journal = Journal(side)
        backhaul = Backhaul(parameters, own_id)
        partners = Partners(lambda pos_id: pos_id in backhaul.associations)
        nonces = NonceSource(entropy)
        self._site = Site(mac, parameters, own_id, nonces, journal, backhaul, Air(mac, parameters), partners)
        self._serving = ServingRole(self._site, group_manager)
        self._target = TargetRole(self._site, device_keys)
        journal.note("parameters", **parameters.report(), pos=own_id.hex())
        if parameters.domino:
            warning = "whoever learns one key of an MN learns all that follow"
            journal.note("domino_effect_remains", warning=warning)

    @property
    def own_id(self) -> bytes:
        """The lite ID of this PoS."""
        return self._site.own_id

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._site.journal.counters

    def trust(self, association: Association) -> None:
        """Take an SA with another PoS into use (R5.12, R5.26): configured, or made by TLS or EAP over MIS."""
        self._site.backhaul.associations[association.peer] = association

    def partner(self, partner: Partner) -> None:
        """Add a roaming partner; raises ``ValueError`` for one too many."""
        self._site.partners.add(partner)

    def locate(self, mn: bytes, whereabouts: Whereabouts) -> None:
        """Take note of where an MN is; raises ``ValueError`` for one too many."""
        self._site.partners.locate(mn, whereabouts)

    def install(self, association: Association) -> None:
        """Take an SA with an MN into use that came about otherwise: full authentication, or at home (R5.31, R5.32).

        Raises ``ValueError`` when the table is full.
        """
        try:
            self._site.install(association)
        except RefusedError as refused:
            raise ValueError(refused.reason) from None

    def serves(self, mn: bytes, now_ns: int) -> bool:
        """Return whether there is an SA with this MN: whether this is its SPoS (R5.33, R5.35)."""
        return self._site.association(mn, now_ns) is not None

    def port_open(self, mn: bytes, now_ns: int) -> bool:
        """Return whether the MN's other traffic is let through."""
        association = self._site.association(mn, now_ns)
        return association is not None and association.port_open

    def signal(self, station_id: int, mn: bytes, octets: bytes, now_ns: int) -> None:
        """Send signalling to an MN under its SA (R5.36).

        Raises ``ValueError`` without one, in legacy, or for more than a message holds.
        """
        require_signal(octets)
        association = self._site.association(mn, now_ns)
        if association is None or not self._site.parameters.hardened:
            raise ValueError(f"no security association with {mn.hex()} that encrypts")
        air = self._site.air
        frame = AirFrame(Msg.SIGNAL_DL, station_id, 0, 0, mn, self.own_id, b"", b"")
        head, aad = air.head(frame, Msg.SIGNAL_DL, 0, air.sealed_octets(octets))
        payload = head + air.wrap_security(association.seal(octets, aad))
        self._site.outbox.append(air.message(frame, Msg.SIGNAL_DL, payload))

    @property
    def uplink_octets_max(self) -> int:
        """Payload of the longer of messages 1 and 5: the slot that an MN needs when it is polled."""
        return self._site.air.uplink_octets_max()

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        self._take(message, None, now_ns)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due on the air; none of them opens a slot for a reply."""
        due, self._site.outbox = self._site.outbox, []
        for message in due:
            self._site.journal.message("sent", Msg(message.msg).name, message)
        return due

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Do nothing: an MN repeats by its own clock."""

    def backhaul_received(self, octets: bytes, now_ns: int) -> None:
        """Take one UDP payload from another PoS; a bad one is counted, and refused with a Status where that helps."""
        try:
            arrived = self._site.backhaul.take(octets)
            if arrived is not None:
                self._dispatch(arrived, now_ns)
        except RefusedError as refused:
            self._site.journal.refuse_at(refused.reason, octets=len(octets))
            self._turn_away(octets, refused.reason)

    def backhaul_to_send(self) -> list[Datagram]:
        """Return the UDP payloads that are due, each with the PoS it is for."""
        return self._site.backhaul.to_send()

    def next_deadline_ns(self) -> int | None:
        """Return when a question over the backhaul is repeated."""
        return self._serving.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Repeat or give up questions, and forget what has expired (R5.60)."""
        self._serving.handle_deadline(now_ns)
        self._target.drop_expired(now_ns)
        for mn in list(self._site.associations):
            self._site.association(mn, now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._site.journal.take()

    def _take(self, message: Message, via: bytes | None, now_ns: int) -> None:
        try:
            self._accept(message, via, now_ns)
        except RefusedError as refused:
            self._site.journal.refuse(refused.reason, message)
        except EntropyError as dead:
            self._site.journal.note("entropy_refused", reason=str(dead))

    def _accept(self, message: Message, via: bytes | None, now_ns: int) -> None:
        parameters = self._site.parameters
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM.value)
        if message.prof != parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE.value)
        if message.msg not in _UPLINK:
            raise RefusedError(Reason.UNEXPECTED.value)
        if parameters.delivery is Delivery.NONE:
            raise RefusedError(Reason.SWITCHED_OFF.value)
        frame = self._site.air.parse(message)
        if frame.destination != self.own_id:
            self._pass_on(message, frame, via)
        elif frame.msg is Msg.PREREG_REQUEST:
            self._serving.take_request(message, frame, via, now_ns)
        elif frame.msg is Msg.CONFIRM_MN:
            self._target.take_confirm(message, frame, via, now_ns)
        else:
            self._take_signal(message, frame, now_ns)

    def _pass_on(self, message: Message, frame: AirFrame, via: bytes | None) -> None:
        """Forward what an MN has to say to another PoS, for as long as it cannot do so itself (R5.46)."""
        if via is not None or frame.destination not in self._site.backhaul.associations:
            raise RefusedError(Reason.OTHER_POS.value)
        self._site.relay(message, frame.destination)

    def _take_signal(self, message: Message, frame: AirFrame, now_ns: int) -> None:
        association = self._site.association(frame.source, now_ns)
        security = self._site.air.security(frame)
        if association is None or security is None or not self._site.parameters.hardened:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        octets = self._site.open(association, security, frame.aad)
        self._site.journal.message("received", Msg.SIGNAL_UL.name, message)
        self._site.journal.note("signal", mn=frame.source.hex(), data_hex=octets.hex())

    def _dispatch(self, arrived: Arrived, now_ns: int) -> None:
        kind = arrived.frame.kind
        if kind in (mis.N2N_RESPONSE, mis.ISSUE_RESPONSE):
            self._serving.take_response(arrived, now_ns)
        elif kind == mis.PUSH_REQUEST:
            if not self._serving.take_push(arrived, now_ns):
                self._target.take_push(arrived, now_ns)
        elif kind != mis.N2N_REQUEST:
            raise RefusedError(Reason.UNEXPECTED.value)
        elif Tlv.LL_INFORMATION in service_fields(arrived):
            self._relayed(arrived, now_ns)
        else:
            self._target.take_key(arrived, now_ns)

    def _relayed(self, arrived: Arrived, now_ns: int) -> None:
        """Take a message of the air out of LLInformation: an MN's for us, or another PoS's for an MN here (R5.22)."""
        source = arrived.frame.source
        if source not in self._site.backhaul.associations:
            raise RefusedError(Reason.UNKNOWN_PEER.value)
        fields = service_fields(arrived)
        station_id = int.from_bytes(required(fields, Tlv.STATION, 2), "big")
        content = fields[Tlv.LL_INFORMATION]
        if not content:
            raise RefusedError(Reason.MALFORMED.value)
        message = Message(PROTO, content[0], int(self._site.parameters.prof), station_id, content[1:])
        if message.msg in (Msg.PREREG_RESPONSE, Msg.CONFIRM_POS):
            self._site.outbox.append(message)
        else:
            self._take(message, source, now_ns)

    def _turn_away(self, octets: bytes, reason: str) -> None:
        """Answer a request that was refused for what it is with a Status, so that its sender need not wait."""
        try:
            frame = mis.parse(octets)
        except RefusedError:
            return
        answer = _ANSWERS.get(frame.kind)
        if answer is not None and reason == Reason.UNKNOWN_PEER.value:
            self._site.backhaul.turn_away(frame, answer, bytes([Status.AUTHORIZATION_FAILURE]))
            self._site.journal.note("turned_away", peer=frame.source.hex())
