"""An air that does to each message what a list of fates says, then lets everything pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from ampradio.security.session import Message

FATES = st.lists(st.sampled_from(["pass", "pass", "pass", "lose", "twice", "flip", "keep", "old", "all"]), max_size=40)


class Fates:
    """Loses, repeats, changes, withholds and replays."""

    def __init__(self, fates: list[str]) -> None:
        self.fates = list(fates)
        self.kept: list[Message] = []

    def __call__(self, message: Message) -> Iterable[Message]:
        fate = self.fates.pop(0) if self.fates else "pass"
        earlier, self.kept = self.kept, [*self.kept, message]
        return {
            "pass": [message],
            "lose": [],
            "twice": [message, message],
            "flip": [replace(message, payload=self.flipped(message.payload))],
            "keep": [],
            "old": [*earlier[-2:], message],
            "all": [*earlier, message],
        }[fate]

    def flipped(self, octets: bytes) -> bytes:
        if not octets:
            return octets
        at = 37 * len(self.fates) % (8 * len(octets))
        return octets[: at // 8] + bytes([octets[at // 8] ^ 1 << at % 8]) + octets[at // 8 + 1 :]
