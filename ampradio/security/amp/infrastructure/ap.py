"""The AP's end of S1: an authenticator that believes nothing but a MIC under a fresh ANonce of its own.

Protocols page 2.4, rules 4 to 9. One exchange per station ID at a time; a SEC-TRIGGER to everyone may start several.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from ampradio.profile.model import Mac
from ampradio.security.amp.infrastructure.credential import TagCredential
from ampradio.security.amp.infrastructure.enrolled_tags import EnrolledTags
from ampradio.security.amp.infrastructure.exchange import Exchange
from ampradio.security.amp.infrastructure.pmk_server import PmkUpdateOrder
from ampradio.security.amp.infrastructure.setting import ApSetting
from ampradio.security.amp.infrastructure.stages import Request, Stage
from ampradio.security.amp.infrastructure.under_way import UnderWay, Waiting
from ampradio.security.amp.profiles import PROTO, AmpParameters, Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.entropy import EntropyError, NonceSource
from ampradio.security.journal import Journal, RefusedError
from ampradio.security.session import EntropySource, Message, SecurityEvent

TriggerFor = Callable[[int, int], bytes]


class AmpAuthenticator:
    """One AP with its enrolled tags."""

    def __init__(
        self,
        mac: Mac,
        parameters: AmpParameters,
        aa: bytes,
        modifier: bytes,
        entropy: EntropySource,
        *,
        trigger_for: TriggerFor | None = None,
        retries: int = 2,
        repeat_commands: bool = False,
        reply_timeout_ns: int = 1_000_000_000,
    ) -> None:
        """Take the agreed parameters, the AP's address and Modifier, and its entropy source.

        ``trigger_for(station_id, reply_octets)`` gives the Trigger's six octets whenever a SEC-TRIGGER is built;
        without it every ``begin`` brings them. ``repeat_commands`` sends a command again when its SEC-ACK was lost
        (the tag may then see it twice). ``reply_timeout_ns`` only matters to a MAC that never calls ``end_of_slot``.
        Raises ``ValueError`` for an address or Modifier of the wrong size, or sizes that do not fit a message.
        """
        self._journal = Journal("ap")
        self._setting = ApSetting(mac, parameters, aa, modifier, repeat_commands, self._journal)
        self._nonces = NonceSource(entropy)
        self._trigger_for = trigger_for
        self._retries = retries
        self._reply_timeout_ns = reply_timeout_ns
        self._tags = EnrolledTags(parameters)
        self._held: dict[int, deque[bytes]] = {}
        self._under_way = UnderWay(self._setting)
        self._outbox: list[tuple[Waiting, Message]] = []
        self._journal.note("parameters", **parameters.report())

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of refusals by reason."""
        return self._journal.counters

    @property
    def busy(self) -> bool:
        """True while an exchange is under way."""
        return bool(self._under_way)

    def has_keys(self, station_id: int) -> bool:
        """Return whether a PTK is installed for this station."""
        exchange = self._under_way.exchange(station_id)
        return exchange is not None and exchange.has_keys

    def enroll(self, credential: TagCredential) -> None:
        """Add a tag; several may share an ID.

        Raises ``ValueError`` for a backscatter tag that the policy refuses (R1.31) or an SPA enrolled twice.
        """
        self._tags.add(credential)

    def begin(
        self,
        station_id: int,
        trigger: bytes | None = None,
        dl_data: bytes = b"",
        command: bytes = b"",
        expect_uplink_octets: int | None = None,
    ) -> None:
        """Start an exchange with one tag, or with everyone who answers a SEC-TRIGGER to the broadcast ID.

        ``dl_data`` goes out in clear in SEC-TRIGGER, ``command`` encrypted in SEC-CONFIRM behind those queued before.
        Raises ``ValueError`` for an unknown or busy station, data that does not fit, or a command in a two-frame flow.
        """
        if trigger is None and self._trigger_for is None:
            raise ValueError("a SEC-TRIGGER needs the Trigger's six octets: give them, or trigger_for")
        request = self._setting.request(trigger, dl_data, expect_uplink_octets, self._retries)
        if station_id == self._setting.mac.broadcast_id:
            if command or self._under_way.round is not None:
                raise ValueError("a round for everyone carries no command, and there is one at a time")
            self._under_way.begin_round(request)
            return
        self._tags.candidates(station_id)
        if self._under_way.exchange(station_id) is not None:
            raise ValueError(f"an exchange with 0x{station_id:04x} is under way")
        if command:
            self.queue_command(station_id, command)
        self._exchange(station_id, request)

    def queue_command(self, station_id: int, command: bytes) -> None:
        """Queue one command for the exchange under way or the next one; raises ``ValueError`` as ``begin`` does."""
        self._tags.candidates(station_id)
        if self._setting.parameters.flow == 2:
            raise ValueError("a two-frame flow has no SEC-CONFIRM for a command; give it as dl_data")
        if not command:
            raise ValueError("a command has at least one octet")
        self._setting.require_room("command", len(command), 2 + len(command) + self._setting.parameters.mic_octets)
        exchange = self._under_way.exchange(station_id)
        if exchange is not None and exchange.stage is not Stage.LAST_SENT:
            exchange.request.commands.append(command)
        else:
            self._held.setdefault(station_id, deque()).append(command)

    def request_update(self, station_id: int, order: PmkUpdateOrder, spa: bytes | None = None) -> None:
        """Carry a PMK update to a tag at the end of its next exchange, until the tag confirms it or is seen to use it.

        Raises ``ValueError`` when it is not clear which tag is meant, an update is pending, or there is no SEC-CONFIRM.
        """
        self._tags.order_update(station_id, order, spa)

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped."""
        try:
            self._accept(message)
        except RefusedError as refused:
            self._journal.refuse(refused.reason, message)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due; one whose ``reply_octets`` is set wants a slot of that payload size."""
        self._challenge_all()
        due, self._outbox = self._outbox, []
        for waiting, message in due:
            self._journal.message("sent", Msg(message.msg).name, message)
            if message.reply_octets is not None:
                waiting.outstanding, waiting.deadline_ns = message, now_ns + self._reply_timeout_ns
        self._under_way.end_finished()
        return [message for _, message in due]

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Give up the reply to the last message sent to this station: its slot is over (the ANonce dies, rule 8).

        ``message`` is the one whose reply slot ended; a MAC that gives it may also call when the reply did come.
        Without it, call only when none came.
        """
        waiting = self._under_way.waiting(station_id)
        if waiting is None or waiting.outstanding is None:
            return
        if message is None or message is waiting.outstanding:
            self._under_way.give_up(waiting)

    def next_deadline_ns(self) -> int | None:
        """Return when the first outstanding reply is given up."""
        deadlines = [waiting.deadline_ns for waiting in self._under_way.all if waiting.deadline_ns is not None]
        return min(deadlines, default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Give up the replies that are overdue."""
        for waiting in self._under_way.all:
            if waiting.deadline_ns is not None and now_ns >= waiting.deadline_ns:
                self._under_way.give_up(waiting)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._journal.take()

    def _accept(self, message: Message) -> None:
        if message.proto != PROTO:
            raise RefusedError(Reason.OTHER_SYSTEM.value)
        if message.prof != self._setting.parameters.prof:
            raise RefusedError(Reason.OTHER_PROFILE.value)
        if message.station_id not in self._tags:
            raise RefusedError(Reason.OTHER_STATION.value)
        exchange = self._under_way.exchange(message.station_id)
        if exchange is None:
            self._join_round(message)
            return
        if message.msg == Msg.SEC_RESPONSE:
            following = exchange.take_response(message, self._tags.candidates(message.station_id))
        elif message.msg == Msg.SEC_ACK:
            following = exchange.take_ack(message)
        elif message.msg == Msg.PMK_UPDATED:
            following = exchange.take_updated(message)
        else:
            raise RefusedError(Reason.UNEXPECTED.value)
        self._outbox += [(exchange, answer) for answer in following]

    def _join_round(self, message: Message) -> None:
        open_round, station_id = self._under_way.round, message.station_id
        if open_round is None or message.msg != Msg.SEC_RESPONSE:
            raise RefusedError(Reason.UNEXPECTED.value)
        peer = open_round.take_response(message, self._tags.candidates(station_id))
        retries = self._retries if self._trigger_for else 0
        exchange = self._exchange(station_id, Request(None, b"", deque(), open_round.request.uplink_octets, retries))
        self._outbox += [(exchange, answer) for answer in exchange.install(peer, message)]

    def _exchange(self, station_id: int, request: Request) -> Exchange:
        request.commands.extend(self._held.pop(station_id, ()))
        return self._under_way.begin(station_id, request)

    def _challenge_all(self) -> None:
        for waiting, station_id in self._under_way.triggers_due():
            self._challenge(waiting, station_id)

    def _challenge(self, waiting: Waiting, station_id: int) -> None:
        """Queue a SEC-TRIGGER with a new ANonce, or end the exchange without a word if none can be made."""
        request = waiting.request
        reply = self._setting.response_octets(request.uplink_octets)
        trigger = request.trigger
        if trigger is None and self._trigger_for is not None:
            trigger = self._trigger_for(station_id, reply)
        if trigger is None:
            self._under_way.abandon(waiting, "no Trigger octets for a new SEC-TRIGGER")
            return
        try:
            anonce = self._nonces.draw(self._setting.parameters.nonce_octets)
        except EntropyError as dead:
            self._journal.note("entropy_refused", station_id=station_id, reason=str(dead))
            self._under_way.abandon(waiting, "entropy refused")
            return
        self._outbox.append((waiting, waiting.challenge(trigger, anonce)))
