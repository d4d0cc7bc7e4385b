"""One end of a security system made for tests: it says given lines in order, each after it heard the other's."""

from __future__ import annotations

from collections import deque

from ampradio.security.session import Message, SecurityEvent

PROTO = 7


class Scripted:
    """Says its lines in order, each after it heard the other's."""

    def __init__(self, lines: list[Message], answers_to: frozenset[int] = frozenset()) -> None:
        self.lines = deque(lines)
        self.heard: list[Message] = []
        self.answers_to = answers_to
        self.turn = False

    def receive(self, message: Message, now_ns: int) -> None:
        self.heard.append(message)
        self.turn = True

    def messages_to_send(self, now_ns: int) -> list[Message]:
        if not self.turn or not self.lines:
            return []
        self.turn = False
        return [self.lines.popleft()]

    def next_deadline_ns(self) -> int | None:
        return None

    def handle_deadline(self, now_ns: int) -> None: ...

    def events(self) -> list[SecurityEvent]:
        return []

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None: ...

    def power_off(self) -> None: ...


class Clocked(Scripted):
    """Says its lines when its clock says so, not when it is spoken to: ``due_ns`` is when the next one is ready."""

    def __init__(self, lines: list[Message], due_ns: int | None = None, pace_ns: int | None = None) -> None:
        super().__init__(lines)
        self.due_ns = due_ns
        self.pace_ns = pace_ns
        self.woken_ns: list[int] = []

    def receive(self, message: Message, now_ns: int) -> None:
        self.heard.append(message)

    def next_deadline_ns(self) -> int | None:
        return self.due_ns

    def handle_deadline(self, now_ns: int) -> None:
        self.woken_ns.append(now_ns)
        self.turn, self.due_ns = True, None

    def messages_to_send(self, now_ns: int) -> list[Message]:
        said = super().messages_to_send(now_ns)
        if said and self.pace_ns is not None and self.lines:
            self.due_ns = now_ns + self.pace_ns
        return said
