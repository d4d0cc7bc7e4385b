"""The AMP AP: sends triggers and messages, hears slots, acknowledges each one, goes on to the next (section 4).

Sans-IO: time is passed in, PPDUs come out with their exact start. A PPDU is decided at the latest moment that its
content needs and no later: the Ack of a slot at the slot's end, together with all that follows it up to the
next slot. So between two slot ends the station's next transmission is known to the nanosecond.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ampradio.mac import ladder
from ampradio.mac.access import DataConversation, TriggerConversation
from ampradio.mac.air import air_of
from ampradio.mac.downlink import DownlinkPpdu
from ampradio.mac.events import Event, EventLog
from ampradio.mac.frame import parse_frame, station_of
from ampradio.mac.header import partial_id
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.rounds import ApSettings, Conversation, Heard, Round, Sizing, Wait
from ampradio.mac.secure import SecureConversation
from ampradio.mac.slots import OpenSlot
from ampradio.mac.work import SecureExchange, SendData, WorkItem
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, RxVector, Tx

FOREVER_NS = 2**63 - 1


class ApStation:
    """Does its work items one after the other; ``finished`` when none is left."""

    def __init__(self, profile: Profile, settings: ApSettings, work: Sequence[WorkItem]) -> None:
        """Take the work to do.

        Raises ``ValueError`` for an AP ID whose partial ID means broadcast (rule 4), a rate the draft does not have,
        or a work item that fits no frame.
        """
        broadcast = profile.downlink.broadcast_partial_id
        if partial_id(profile, settings.station_id) == broadcast:
            raise ValueError(f"AP ID 0x{settings.station_id:04X} has {broadcast} in its low bits, which is broadcast")
        self._profile = profile
        self._settings = settings
        self._sizing = Sizing(profile, settings)
        self._log = EventLog()
        self._air = air_of(profile, settings)
        self._work = [self._conversation(item) for item in reversed(work)]
        self._current: Conversation | None = None
        self._current_start_ns = settings.start_ns
        self._outgoing: list[Tx] = []
        self._free_ns = settings.start_ns
        self._last_end_ns = settings.start_ns
        self._listening: OpenSlot | None = None
        self._session_served_ns = -1
        self._begun = False
        self.finished = False
        self.succeeded = True

    @property
    def counters(self) -> Counter[str]:
        """Counts of events by kind and of drops by reason."""
        return self._log.counters

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Take one PSDU that the PHY decoded; a bad or unexpected one is counted and dropped."""
        frame = parse_frame(self._profile.mac, psdu)
        if isinstance(frame, Refusal):
            self._log.drop(rx.end_ns, frame.reason, **ladder.refused(self._profile.mac, frame, psdu, rx))
            return
        seen = ladder.received(self._profile.mac, frame, psdu, rx)
        listening, conversation = self._listening, self._current
        if listening is None or conversation is None:
            self._log.drop(rx.end_ns, Reason.OUTSIDE_SLOT, **seen)
            return
        station_id = station_of(self._profile.mac, frame)
        refusal = listening.refuse(station_id, rx, self._settings.listen_margin_ns)
        if refusal is not None:
            self._log.drop(rx.end_ns, refusal.reason, **seen)
            return
        self._log.add(rx.end_ns, "rx", slot=listening.slot, **seen)
        outcome = conversation.hear(Heard(listening.slot, frame, rx.end_ns))
        if isinstance(outcome, Refusal):
            self._log.drop(rx.end_ns, outcome.reason, what=outcome.detail, **seen)
            return
        listening.speaker = station_id
        listening.whole = listening.whole or outcome

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what was decided since the last call, in order of start."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def next_deadline_ns(self) -> int | None:
        """Return the end of the current slot or the session's deadline, whichever is first; None when finished."""
        if self.finished:
            return None
        if not self._begun:
            return 0
        session_ns = self._session_deadline_ns()
        slot_ns = None if self._listening is None else self._listening.end_ns
        return min((due for due in (slot_ns, session_ns) if due is not None), default=None)

    def handle_deadline(self, now_ns: int) -> None:
        """Begin, end a slot, or let the session act on the passing of time, as is due."""
        if self.finished:
            return
        if not self._begun:
            self._begun = True
            self._free_ns = max(self._free_ns, now_ns)
            self._go_on(now_ns)
        while self._listening is not None and now_ns >= self._listening.end_ns:
            self._end_slot(self._listening)
        session_ns = self._session_deadline_ns()
        if self._current is not None and session_ns is not None and now_ns >= session_ns:
            self._session_served_ns = session_ns
            self._current.handle_deadline(now_ns)
            if self._listening is None:
                self._go_on(now_ns)

    def events(self) -> list[Event]:
        """Return and clear what happened since the last call."""
        return self._log.take()

    def silent_until_ns(self) -> int:
        """Return the start of the next PPDU that is not yet handed out: nothing of this AP starts before it."""
        if self.finished:
            return FOREVER_NS
        return self._free_ns if self._listening is None else self._listening.silent_until_ns

    def _conversation(self, item: WorkItem) -> Conversation:
        if isinstance(item, SecureExchange):
            return SecureConversation(self._sizing, item, self._log)
        if isinstance(item, SendData):
            return DataConversation(self._sizing, item)
        if not self._air.has_slots:
            raise ValueError("mono-static tags have no slots to poll: their inventory is EPC Gen2's")
        return TriggerConversation(self._sizing, item, self._log)

    def _session_deadline_ns(self) -> int | None:
        # a deadline that stays where it was served would wake this station for ever
        due = None if self._current is None else self._current.next_deadline_ns()
        return None if due is None or due <= self._session_served_ns else due

    def _end_slot(self, over: OpenSlot) -> None:
        """Decide the Ack of a slot, or of all, then open the next slot or go on to what follows."""
        now_ns, heard = over.end_ns, over.heard_id
        if heard is None:
            self._log.add(now_ns, "no_reply", slot=over.slot)
        self._listening = over.following()
        ack, acked_id = self._air.acknowledged(over)
        if ack is not None:
            self._emit(ack, over.silent_until_ns)
        if acked_id is not None:
            self._log.add(over.silent_until_ns, "ack", slot=over.slot, id=acked_id, heard=heard is not None)
        if self._listening is not None:
            return
        assert self._current is not None  # who opened the slots
        self._current.slots_over(now_ns)
        self._go_on(now_ns)

    def _go_on(self, now_ns: int) -> None:
        """Send what is to be sent up to the next slot, or finish."""
        while self._listening is None:
            if self._current is None and not self._take_up(now_ns):
                return
            assert self._current is not None
            following = self._current.next_round(now_ns)
            if following is None:
                self._lay_down(self._current)
            elif isinstance(following, Wait):
                self._free_ns = max(self._free_ns, following.until_ns + self._profile.timing.amp_sifs_ns)
                return
            else:
                self._send_round(following)

    def _take_up(self, now_ns: int) -> bool:
        if not self._work:
            self.finished = True
            self._log.add(max(now_ns, self._last_end_ns), "finished", ok=self.succeeded)
            return False
        self._current = self._work.pop()
        self._current_start_ns = self._free_ns
        return True

    def _lay_down(self, done: Conversation) -> None:
        self.succeeded = self.succeeded and done.succeeded
        self._log.add(
            self._last_end_ns,
            "work",
            what=done.name,
            id=done.station_id,
            ok=done.succeeded,
            attempts=done.attempts,
            start_ns=self._current_start_ns,
            end_ns=self._last_end_ns,
        )
        self._current = None

    def _send_round(self, round_: Round) -> None:
        """Send a round's frames and open its slots."""
        sendings, self._listening = self._air.sendings(round_, max(self._free_ns, round_.not_before_ns))
        for each in sendings:
            self._emit(each.ppdu, each.start_ns, each.replies)

    def _emit(self, ppdu: DownlinkPpdu, start_ns: int, replies: tuple[Listen, ...] = ()) -> None:
        end_ns = start_ns + ppdu.duration_ns
        self._outgoing.append(Tx(ppdu.psdu, ppdu.vector, start_ns, replies))
        seen = ladder.sent(self._profile.mac, ppdu.frame, ppdu.psdu, ppdu.vector, start_ns, end_ns)
        self._log.add(start_ns, "tx", **seen)
        self._last_end_ns = end_ns
        self._free_ns = end_ns + self._profile.timing.amp_sifs_ns
