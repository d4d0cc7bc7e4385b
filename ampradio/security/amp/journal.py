"""What one S1 session did: events for a person or a test, and counters of what it refused."""

from __future__ import annotations

from collections import Counter, deque

from ampradio.security.amp.messages import Msg
from ampradio.security.amp.refusal import Reason
from ampradio.security.session import Message, SecurityEvent

EVENTS_MAX = 4096


class Journal:
    """Collects the events of one session and counts them by kind, refusals by reason.

    It holds at most ``EVENTS_MAX`` events that nobody took; the oldest go first, the counters stay exact.
    """

    def __init__(self, side: str) -> None:
        """Take the name of the end that speaks, ``"ap"`` or ``"tag"``."""
        self._side = side
        self._events: deque[SecurityEvent] = deque(maxlen=EVENTS_MAX)
        self.counters: Counter[str] = Counter()

    def note(self, kind: str, **detail: str | int | bool | float) -> None:
        """Record that something happened."""
        self.counters[kind] += 1
        self._events.append(SecurityEvent(kind, {"side": self._side, **detail}))

    def message(self, kind: str, message: Message) -> None:
        """Record that a message was sent or accepted."""
        octets = len(message.payload)
        self.note(kind, station_id=message.station_id, msg=message.msg, name=Msg(message.msg).name, octets=octets)

    def refuse(self, reason: Reason, message: Message) -> None:
        """Count a message that was dropped."""
        self.counters[reason.value] += 1
        self.note("refused", reason=reason.value, station_id=message.station_id, msg=message.msg)

    def take(self) -> list[SecurityEvent]:
        """Return and clear the events."""
        events = list(self._events)
        self._events.clear()
        return events
