"""What a station needs of a security session beyond the shape that all of them have."""

from __future__ import annotations

from typing import Protocol

from ampradio.security.session import Message, SecuritySession


class ApSession(SecuritySession, Protocol):
    """A security session as an AP runs it."""

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Take note that the slot for the reply to ``message`` is over, whether a reply came or not."""


class TagSession(SecuritySession, Protocol):
    """A security session as a tag runs it.

    It may raise ``ampradio.security.meter.PowerLost`` out of any call; whoever meters it then calls ``power_off``.
    """

    @property
    def answers_to(self) -> frozenset[int]:
        """The IDs beside the station's own that mean this tag now: an assigned address, an ID drawn for one run."""

    def power_off(self) -> None:
        """Lose everything volatile."""
