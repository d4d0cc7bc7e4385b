"""Security sessions to which time passes more slowly: in a run whose spaces are stretched, so are all timeouts.

What would not have timed out in the draft's own time does not in the stretched one (``slowness_of``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ampradio.mac.sessions import ApSession, TagSession
from ampradio.mac.work import SecureExchange
from ampradio.security.session import Message, SecurityEvent
from testbed.systems.ends import Ends


def stretched_ends(ends: Ends, slowness: int) -> Ends:
    """Return ``ends`` whose sessions live ``slowness`` times slower: every timeout of theirs is as much longer."""
    if slowness == 1:
        return ends
    # one wrapper per session: several work items share one
    slow = {id(item.session): StretchedAp(item.session, slowness) for item in ends.work}
    work: Sequence[SecureExchange] = [_slowed(item, slow[id(item.session)], slowness) for item in ends.work]
    return replace(ends, work=list(work), tag=StretchedTag(ends.tag, slowness))


def _slowed(item: SecureExchange, session: StretchedAp, slowness: int) -> SecureExchange:
    begin = item.begin
    return replace(item, session=session, begin=lambda trigger, now_ns: begin(trigger, now_ns // slowness))


class StretchedAp:
    """An AP's session to which time passes ``slowness`` times slower."""

    def __init__(self, session: ApSession, slowness: int) -> None:
        self._session = session
        self._scale = slowness

    def receive(self, message: Message, now_ns: int) -> None:
        """Pass a message on."""
        self._session.receive(message, now_ns // self._scale)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due."""
        return self._session.messages_to_send(now_ns // self._scale)

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Pass the end of a slot on."""
        self._session.end_of_slot(station_id, now_ns // self._scale, message)

    def next_deadline_ns(self) -> int | None:
        """Return the session's, in air time."""
        due_ns = self._session.next_deadline_ns()
        return None if due_ns is None else due_ns * self._scale

    def handle_deadline(self, now_ns: int) -> None:
        """Let the session act."""
        self._session.handle_deadline(now_ns // self._scale)

    def events(self) -> list[SecurityEvent]:
        """Return the session's."""
        return self._session.events()


class StretchedTag:
    """A tag's session to which time passes ``slowness`` times slower; what it raises passes through."""

    def __init__(self, session: TagSession, slowness: int) -> None:
        self._session = session
        self._scale = slowness

    @property
    def answers_to(self) -> frozenset[int]:
        """The session's further IDs."""
        return self._session.answers_to

    def power_off(self) -> None:
        """Lose everything volatile."""
        self._session.power_off()

    def receive(self, message: Message, now_ns: int) -> None:
        """Pass a message on."""
        self._session.receive(message, now_ns // self._scale)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due."""
        return self._session.messages_to_send(now_ns // self._scale)

    def next_deadline_ns(self) -> int | None:
        """Return the session's, in air time."""
        due_ns = self._session.next_deadline_ns()
        return None if due_ns is None else due_ns * self._scale

    def handle_deadline(self, now_ns: int) -> None:
        """Let the session act."""
        self._session.handle_deadline(now_ns // self._scale)

    def events(self) -> list[SecurityEvent]:
        """Return the session's."""
        return self._session.events()
