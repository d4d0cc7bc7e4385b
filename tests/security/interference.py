"""What happens to messages on their way, and entropy by script: what the worlds of all systems share."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ampradio.security.session import Message

Interference = Callable[[Message], Iterable[Message]]


class Scripted:
    """An entropy source that says what it was told to say."""

    seeded = True

    def __init__(self, *octets: bytes) -> None:
        self.script = list(octets)

    def octets(self, count: int) -> bytes:
        return self.script.pop(0)


def untouched(message: Message) -> Iterable[Message]:
    """Let it pass."""
    return [message]


def lose(message: Message) -> Iterable[Message]:
    """Let nothing pass."""
    return []


def losing(*msgs: int, times: int = 1) -> Interference:
    """Lose the first ``times`` messages with these numbers."""
    left = times

    def air(message: Message) -> Iterable[Message]:
        nonlocal left
        if message.msg in msgs and left:
            left -= 1
            return []
        return [message]

    return air
