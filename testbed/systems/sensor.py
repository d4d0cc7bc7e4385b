"""A sensor tag: one reading an exchange, as the experiment file lists them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ampradio.security.amp import AmpSupplicant, Msg
from ampradio.security.session import Message


class OneReading:
    """UplinkSource that has at most one reading for each exchange."""

    def __init__(self, readings: Iterable[bytes]) -> None:
        self._waiting = deque(readings)
        self._said = False

    def new_exchange(self) -> None:
        """A SEC-TRIGGER came: the next reading may be told."""
        self._said = False

    def head(self) -> bytes | None:
        """Return the reading that is to be sent next, None when this exchange has had its own."""
        return self._waiting[0] if self._waiting and not self._said else None

    def more(self) -> bool:
        """Return False."""
        return False

    def delivered(self) -> None:
        """Go on to the next reading, in the next exchange."""
        if self._waiting:
            self._waiting.popleft()
        self._said = True


class SensorSupplicant(AmpSupplicant):
    """A supplicant whose readings go up one an exchange."""

    readings = OneReading(())

    def report(self, readings: Iterable[bytes]) -> None:
        """Take the readings of the run."""
        self.readings = OneReading(readings)
        self.set_uplink_data(self.readings)

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air."""
        if message.msg == Msg.SEC_TRIGGER:
            self.readings.new_exchange()
        super().receive(message, now_ns)
