"""What a station needs of a security session beyond the shape that all of them have."""

from __future__ import annotations

from typing import Protocol

from ampradio.security.session import Message, SecuritySession


class ApSession(SecuritySession, Protocol):
    """A security session as an AP runs it."""

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Take note that the slot for the reply to ``message`` is over, whether a reply came or not."""


class TagSession(SecuritySession, Protocol):
    """A security session as a tag runs it."""

    def power_off(self) -> None:
        """Lose everything volatile."""
