"""A sensor that has one reading an exchange: what the experiment file lists, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable


class OneReading:
    """UplinkSource that never says that more waits: every reading gets an exchange, and fresh keys, of its own."""

    def __init__(self, readings: Iterable[bytes]) -> None:
        self._waiting = deque(readings)

    def head(self) -> bytes | None:
        """Return the reading that is to be sent next, None when all were."""
        return self._waiting[0] if self._waiting else None

    def more(self) -> bool:
        """Return False."""
        return False

    def delivered(self) -> None:
        """Go on to the next reading."""
        if self._waiting:
            self._waiting.popleft()
