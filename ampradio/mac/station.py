"""What every station is to whoever drives it: five calls without I/O, and a promise of silence."""

from __future__ import annotations

from typing import Protocol

from ampradio.mac.events import Event
from ampradio.vectors import RxVector, Tx


class Station(Protocol):
    """An AP or a tag, in virtual time or on air; ``now_ns`` is air time since the run began and never goes back."""

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Take a PSDU that was decoded, FCS not yet checked; never raises for what it holds."""

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what to transmit, each with its exact start; handed out once."""

    def next_deadline_ns(self) -> int | None:
        """Return when ``handle_deadline`` wants to be called, None while only a reception can change anything."""

    def handle_deadline(self, now_ns: int) -> None:
        """Act on a deadline that is due."""

    def events(self) -> list[Event]:
        """Return what happened since the last call."""

    def silent_until_ns(self) -> int:
        """Return the promise: whatever is heard, nothing that was not yet handed out starts before this time."""
