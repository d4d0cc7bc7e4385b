"""A secure exchange at the AP: a security session's messages become rounds, what answers goes back to it.

The station stays ignorant of the system. Placeholders of this project: a downlink message with ``reply_octets``
opens a slot just as SEC-TRIGGER does, one AMP SIFS after it, with seed index 0 as nothing announced one; a message
in several fragments goes out back to back. A message of PROTO 0 asks the tag to begin: it goes out as a plain
Trigger, and the tag's session answers in its slot.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from ampradio.mac.events import EventLog
from ampradio.mac.payload import Authentication
from ampradio.mac.reassembly import Reassembler
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.rounds import ApSettings, Heard, Round, Sizing, Wait
from ampradio.mac.shim import CLEAR_PROTO, fragments, message_frame_octets
from ampradio.mac.trigger import AccessKind, Trigger, TriggerParameters, begins_with_parameters, parse_parameters
from ampradio.mac.work import SecureExchange
from ampradio.profile.model import Profile
from ampradio.security.session import Message

ROUNDS_MAX = 4096


def secure_trigger(
    profile: Profile, settings: ApSettings, station_id: int, reply_octets: int, *, slots: int = 1, acwe: int = 0
) -> bytes:
    """Return the Trigger's six octets for a SEC-TRIGGER that is answered by a payload of up to ``reply_octets``.

    ``slots`` and ``acwe`` (random access) count for a broadcast ``station_id`` only. Raises ``ValueError`` for a
    reply that no message holds or a slot too long to announce.
    """
    sizing = Sizing(profile, settings)
    timing = sizing.reply(message_frame_octets(profile.mac, reply_octets))
    broadcast = station_id == profile.mac.broadcast_id
    return TriggerParameters(
        AccessKind.RANDOM if broadcast else AccessKind.SCHEDULED,
        seed_index=settings.seed_index,
        acwe=acwe if broadcast else 0,
        shift_up=sizing.shift_up,
        session_id=settings.session_id,
        slots=slots if broadcast else 1,
        slot_units=sizing.units(timing),
    ).encode()


class SecureConversation:
    """Runs one ``SecureExchange`` until its session has nothing more to send and no attempt is left, or needed."""

    name = "secure exchange"

    def __init__(self, sizing: Sizing, item: SecureExchange, log: EventLog) -> None:
        self._sizing = sizing
        self._mac = sizing.profile.mac
        self._item = item
        self._session = item.session
        self._log = log
        self._reassembler = Reassembler(self._mac)
        self._queue: deque[Message] = deque()
        self._awaited: Message | None = None
        self._first: tuple[int, int] | None = None
        self._begun = 0
        self._rounds = 0
        self._trigger = secure_trigger(
            sizing.profile, sizing.settings, item.station_id, item.reply_octets, slots=item.slots, acwe=item.acwe
        )
        self.attempts = 0

    @property
    def station_id(self) -> int:
        """Who is addressed."""
        return self._item.station_id

    @property
    def succeeded(self) -> bool:
        """True once the exchange has reached what was wanted of it."""
        return self._item.outcome()

    def next_round(self, now_ns: int) -> Round | Wait | None:
        """Return the round of the next message, beginning (again) when there is none and nothing has succeeded.

        A session that repeats by its own clock, or waits for a server, is waited for.
        """
        self._collect(now_ns)
        not_before_ns = 0
        if self._rounds >= ROUNDS_MAX:
            return None
        wait = self._wait(now_ns)
        if wait is not None:
            return wait
        if not self._queue and not self.succeeded and self._begun < self._item.attempts:
            self._begun += 1
            self._item.begin(self._trigger, now_ns)
            self._collect(now_ns)
            not_before_ns = now_ns + self._item.pause_ns if self._begun > 1 else 0
        if not self._queue:
            return self._wait(now_ns)
        self._rounds += 1
        message = self._queue.popleft()
        self._count_attempt(message, now_ns)
        return replace(self._round(message), not_before_ns=not_before_ns)

    def _wait(self, now_ns: int) -> Wait | None:
        """Return until when a session that has nothing to send is waited for, None if it is not."""
        due_ns = self._session.next_deadline_ns()
        if self._queue or self.succeeded or due_ns is None or due_ns <= now_ns:
            return None
        return Wait(due_ns)

    def hear(self, heard: Heard) -> bool | Refusal:
        """Hand a reassembled message to the session; whether it is believed shows in what the session sends next."""
        frame = heard.frame
        if not isinstance(frame, Authentication):
            return Refusal(Reason.UNEXPECTED_TYPE)
        if not frame.protected:
            return Refusal(Reason.NOT_PROTECTED)
        message = self._reassembler.add(frame.station_id, frame.shim, frame.payload)
        if isinstance(message, Message):
            self._session.receive(message, heard.end_ns)
            self._report(heard.end_ns)
            return True
        return message if isinstance(message, Refusal) else False

    def slots_over(self, now_ns: int) -> None:
        """Forget what is left of a reply and tell the session that no more of it comes."""
        self._reassembler.clear()
        assert self._awaited is not None  # no slot opens without a message that expects a reply
        self._session.end_of_slot(self._awaited.station_id, now_ns, self._awaited)
        self._awaited = None
        self._report(now_ns)

    def next_deadline_ns(self) -> int | None:
        """Return the session's deadline."""
        return self._session.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the session act on the passing of time."""
        self._session.handle_deadline(now_ns)
        self._report(now_ns)

    def _collect(self, now_ns: int) -> None:
        self._queue.extend(self._session.messages_to_send(now_ns))
        self._report(now_ns)

    def _report(self, now_ns: int) -> None:
        self._log.security(now_ns, self._session.events())

    def _count_attempt(self, message: Message, now_ns: int) -> None:
        kind = (message.proto, message.msg)
        self._first = self._first or kind
        if kind == self._first:
            self.attempts += 1
            if self.attempts > 1:
                self._log.add(now_ns, "retry", id=self.station_id, attempt=self.attempts, what=self.name)

    def _round(self, message: Message) -> Round:
        if message.proto == CLEAR_PROTO:
            return self._solicitation(message)
        frames = tuple(
            Authentication(message.station_id, shim, piece, self._sizing.rate_code)
            for shim, piece in fragments(self._mac, message)
        )
        if message.reply_octets is None:
            return Round(frames)
        self._awaited = message
        timing = self._sizing.reply(message_frame_octets(self._mac, message.reply_octets))
        slots, units, seed_index = 1, self._sizing.units(timing), self._sizing.profile.uplink.unsolicited_seed_index
        if begins_with_parameters(message.proto, message.msg):
            announced = parse_parameters(message.payload)
            if isinstance(announced, Refusal):
                raise ValueError(f"a session's trigger has bad parameters: {announced.detail}")
            slots, units, seed_index = announced.slots, announced.slot_units, announced.seed_index
        senders = None if message.station_id == self._mac.broadcast_id else frozenset((message.station_id,))
        return Round(frames, slots if senders is None else 1, units, timing, seed_index, senders)

    def _solicitation(self, message: Message) -> Round:
        """Return the round of a plain Trigger for the first message of a tag."""
        if message.reply_octets is None or message.station_id == self._mac.broadcast_id:
            raise ValueError("a solicitation addresses one tag and expects a reply")
        self._awaited = message
        timing = self._sizing.reply(message_frame_octets(self._mac, message.reply_octets))
        settings = self._sizing.settings
        parameters = TriggerParameters(
            AccessKind.SCHEDULED,
            seed_index=settings.seed_index,
            shift_up=self._sizing.shift_up,
            session_id=settings.session_id,
            slots=1,
            slot_units=self._sizing.units(timing),
        )
        trigger = Trigger(message.station_id, parameters, ul_rate_code=self._sizing.rate_code)
        return Round(
            (trigger,), 1, parameters.slot_units, timing, parameters.seed_index, frozenset((message.station_id,))
        )
