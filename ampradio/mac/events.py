"""What a station tells a person or a test: events with their air time, and counters that never lose one.

Kinds: ``tx``, ``rx``, ``drop`` (``reason``), ``ack``, ``no_reply``, ``retry``, ``sat_out``, ``response``, ``data``,
``work`` (one work item done), ``finished``, ``power_off``, ``power_on``, and ``security.<kind>`` of a session.
``tx``, ``rx`` and ``drop`` carry what a message ladder needs: ``direction``, ``src``, ``dst``, ``name``.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ampradio.mac.refusal import Reason
from ampradio.security.session import SecurityEvent

Detail = dict[str, str | int | float | bool | None]
EVENTS_HELD_MAX = 100_000


@dataclass(frozen=True)
class Event:
    """Something that happened at air time ``t_ns``; never holds a secret."""

    t_ns: int
    kind: str
    detail: Detail = field(default_factory=dict)


class EventLog:
    """Holds events until they are asked for, at most ``EVENTS_HELD_MAX``; counters go on counting beyond it."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self.counters: Counter[str] = Counter()

    def add(self, t_ns: int, kind: str, **detail: str | int | float | bool | None) -> None:
        """Record an event and count its kind."""
        self.counters[kind] += 1
        if len(self._events) >= EVENTS_HELD_MAX:
            self.counters["events_lost"] += 1
            return
        self._events.append(Event(t_ns, kind, detail))

    def drop(self, t_ns: int, reason: Reason, **detail: str | int | float | bool | None) -> None:
        """Record that something received, or something that was to be sent, was dropped."""
        self.counters[f"drop.{reason.value}"] += 1
        self.add(t_ns, "drop", reason=reason.value, **detail)

    def security(self, t_ns: int, events: Iterable[SecurityEvent]) -> None:
        """Pass on what a security session has to tell."""
        for event in events:
            self.add(t_ns, f"security.{event.kind}", **event.detail)

    def take(self) -> list[Event]:
        """Return and clear the events held."""
        events = list(self._events)
        self._events.clear()
        return events
