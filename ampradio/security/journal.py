"""What one session did: events for a person or a test, and counters of what it refused."""

from __future__ import annotations

from collections import Counter, deque

from ampradio.security.session import Message, SecurityEvent

EVENTS_MAX = 4096


class RefusedError(Exception):
    """Carries a reason from where a message is found bad to where it is counted; never leaves a session."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Journal:
    """Collects the events of one session and counts them by kind, refusals by reason.

    It holds at most ``EVENTS_MAX`` events that nobody took; the oldest go first, the counters stay exact.
    """

    def __init__(self, side: str) -> None:
        """Take the name of the end that speaks, as events show it."""
        self._side = side
        self._events: deque[SecurityEvent] = deque(maxlen=EVENTS_MAX)
        self.counters: Counter[str] = Counter()

    def note(self, kind: str, **detail: str | int | bool | float) -> None:
        """Record that something happened; the caller sees to it that no detail is a secret."""
        self.counters[kind] += 1
        self._events.append(SecurityEvent(kind, {"side": self._side, **detail}))

    def message(self, kind: str, name: str, message: Message) -> None:
        """Record that a message was sent or accepted, under the field's name of it."""
        octets = len(message.payload)
        self.note(kind, station_id=message.station_id, msg=message.msg, name=name, octets=octets)

    def refuse(self, reason: str, message: Message) -> None:
        """Count a message of the air that was dropped."""
        self.refuse_at(reason, station_id=message.station_id, msg=message.msg)

    def refuse_at(self, reason: str, **where: str | int | bool | float) -> None:
        """Count anything that was dropped, with where it came from."""
        self.counters[reason] += 1
        self.note("refused", reason=reason, **where)

    def take(self) -> list[SecurityEvent]:
        """Return and clear the events."""
        events = list(self._events)
        self._events.clear()
        return events
