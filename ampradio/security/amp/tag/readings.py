"""Where a tag's uplink data comes from: the sensor's side, which outlives the tag's volatile memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol


class UplinkSource(Protocol):
    """Readings that wait to be sent, one per message."""

    def head(self) -> bytes | None:
        """Return the reading that is to be sent next, None for none; asking does not remove it."""

    def more(self) -> bool:
        """Return whether another one waits behind the head."""

    def delivered(self) -> None:
        """Remove the head: the AP is known to have it, or no answer to it can come."""


class Readings:
    """A queue of readings."""

    def __init__(self, readings: Iterable[bytes] = ()) -> None:
        """Take the readings that wait already, oldest first."""
        self._waiting = deque(readings)

    def put(self, reading: bytes) -> None:
        """Add a reading at the end."""
        self._waiting.append(reading)

    def head(self) -> bytes | None:
        """Return the oldest reading, None when none waits."""
        return self._waiting[0] if self._waiting else None

    def more(self) -> bool:
        """Return whether at least two wait."""
        return len(self._waiting) > 1

    def delivered(self) -> None:
        """Remove the oldest reading."""
        if self._waiting:
            self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)
