"""The transmit stream of a PlutoSDR in a flowgraph: silence without a seam, a constant way ahead of what is received.

gr-iio sends whole buffers as soon as they are full and stamps no times. So the stream is held a constant number of
samples ahead of the received one, and how the two lie to each other is measured once (``PlutoPhy``).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from flowgraphs.burst_schedule import Burst, BurstSchedule
from flowgraphs.radio_phy import OnAirSchedule

PATIENCE_S = 15.0
PACE_PATIENCE_S = 1.0
LOOK_EVERY_S = 0.5e-3


class PlutoStream(OnAirSchedule):
    """Bursts in a stream that runs ``lead`` samples ahead of the received one.

    Once ``aligned``, bursts are placed by the station's count.
    """

    def __init__(self, scale: float, lead: int) -> None:
        super().__init__(scale)
        self._lead = lead
        self._stream = BurstSchedule()
        self._shift = 0
        self.distance: int | None = None  # from a sample's place in this stream to that in the received one
        self._stream.raise_horizon(lead)
        self._sent: Callable[[], int] = lambda: self._stream.emitted
        self._ahead = lead // 2
        self._behind = 0  # by how much less was sent than received, at best, while nothing is aligned

    def watch(self, sent: Callable[[], int], ahead: int) -> None:
        """Take ``sent`` for how many samples the radio has been handed; ``ahead`` of what is received it always has."""
        self._sent, self._ahead = sent, ahead

    @property
    def emitted(self) -> int:
        """How far the stream has got, by its own count."""
        return self._stream.emitted

    def aligned(self, shift: int) -> None:
        """Take note that sample n of the station's count is sent as sample n + ``shift`` of the stream."""
        self._shift = shift

    def add(self, burst: Burst) -> bool:
        """Place a burst; False when that part of the stream has been handed over."""
        return self._stream.add(Burst(burst.start + self._shift, self.scaled(burst)))

    def add_raw(self, samples: npt.NDArray[np.complex64], at: int) -> bool:
        """Place ``samples`` as they are, by the stream's own count."""
        return self._stream.add(Burst(at, samples))

    def clear(self) -> int:
        """Drop what is still to be sent and return how many bursts that was."""
        return self._stream.clear()

    def received(self, count: int) -> bool:
        """Let the stream go on, now that ``count`` samples were received, and wait until it has; False if it does not.

        While this waits nothing more is received: a radio whose time waits for its reader waits for its sender too.
        """
        if self.distance is None:  # nobody knows yet how far ahead it is: the radio is kept busy
            self._stream.raise_horizon(max(count, self._sent()) + self._lead // 2)
            self._keep_pace(count)
            return True
        playing = count - self.distance  # what was lost on the way is in that: a lead over the count may be none
        self._stream.raise_horizon(playing + self._lead)
        end = time.monotonic() + PATIENCE_S
        needed = playing + self._ahead
        while self._sent() < needed and time.monotonic() < end:
            time.sleep(LOOK_EVERY_S)
        return self._sent() >= needed

    def _keep_pace(self, count: int) -> None:
        """Wait a little when less is sent than is received: a transmitter that runs dry cannot be aligned."""
        behind = count - self._sent()
        end = time.monotonic() + PACE_PATIENCE_S
        while count - self._sent() > self._behind + self._lead // 4 and time.monotonic() < end:
            time.sleep(LOOK_EVERY_S)
        self._behind = min(self._behind, behind) if time.monotonic() < end else behind

    def take(self, count: int) -> npt.NDArray[np.complex64] | None:
        """Return the next samples; see ``BurstSchedule.take``."""
        return self._stream.take(count)

    def close(self) -> None:
        """End the stream."""
        self._stream.close()
