"""The transmit stream of a station whose radio places bursts by itself."""

from __future__ import annotations

from ampradio.radio.interface import Radio
from flowgraphs.burst_schedule import Burst
from flowgraphs.radio_phy import OnAirSchedule


class BurstsOf(OnAirSchedule):
    """The schedule of a ``Radio``: it places bursts itself, and says when one is late."""

    def __init__(self, radio: Radio, scale: float) -> None:
        super().__init__(scale)
        self._radio = radio
        self.origin = 0  # the station's count where the radio's began

    def add(self, burst: Burst) -> bool:
        """Hand a burst over; False when it is too late for that, and then it is not sent."""
        return self._radio.burst(self.scaled(burst), burst.start - self.origin).on_time

    def take(self, count: int) -> None:
        """Return None: the radio's own stream asks for nothing."""

    def close(self) -> None:
        """Do nothing: whoever opened the radio closes it."""
