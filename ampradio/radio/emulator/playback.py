"""The transmit DMA: blocks queued one after another, or one that repeats, on the radio's time line."""

from __future__ import annotations

import errno
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ampradio.radio.emulator.air import Codes, Emission, Window
from ampradio.radio.emulator.clock import Clock, Pace
from ampradio.radio.emulator.front_end import DAC_CODES
from ampradio.radio.emulator.iio_tree import Refused


@dataclass(frozen=True)
class Sending:
    """How a block leaves the antenna: settings at the moment it was queued."""

    amplitude: float
    carrier_hz: float
    bandwidth_hz: float


@dataclass(frozen=True)
class Segment:
    """Codes on the time line from sample ``first`` to before ``end``; with a ``period``, repeated over it."""

    first: int
    end: int
    rate_sps: Fraction
    codes: Codes
    sending: Sending | None  # None: as the radio is set now
    period: int = 0

    def between(self, first: int, end: int) -> tuple[int, Codes] | None:
        """Return (start, codes) of what lies between two samples."""
        start, stop = max(first, self.first), min(end, self.end)
        if stop <= start:
            return None
        at, count = start - self.first, stop - start
        if not self.period:
            return start, self.codes[at : at + count]
        at %= self.period
        if at + count <= len(self.codes):
            return start, self.codes[at : at + count]
        again = -(-(at + count) // self.period)
        return start, np.tile(self.codes[: self.period], (again, 1))[at : at + count]


def emission(segment: Segment, window: Window, now: Sending) -> Emission | None:
    """Return what of ``segment`` is on the air within the time of ``window``; ``now``: as the radio is set now."""
    own = window.at(segment.rate_sps)
    part, how = segment.between(own.first, own.first + own.count), segment.sending or now
    if part is None or not how.amplitude:
        return None
    scale = how.amplitude / DAC_CODES
    return Emission(part[0], part[1], scale, how.carrier_hz, how.bandwidth_hz, segment.rate_sps)


def _repeated(codes: Codes) -> Codes:
    """Return ``codes`` and what follows when they are repeated, so that what is asked for is mostly a slice."""
    again = np.tile(codes, (-(-_AT_HAND // len(codes)), 1))[:_AT_HAND]
    return np.concatenate((codes, again))


FOREVER = 1 << 62
_AT_HAND = 1 << 19  # samples


class Playback:
    """An open transmit buffer of ``block`` samples with ``depth`` kernel buffers, played at the rate of then."""

    def __init__(
        self,
        clock: Clock,
        block: int,
        depth: int,
        rate_sps: Callable[[], Fraction],
        cyclic: bool,
        starved: Callable[[], int] = lambda: 0,
    ) -> None:
        """``starved`` says how many samples are to be missing on purpose before the block that is queued next."""
        self.block, self.cyclic, self._clock, self._depth, self._rate_sps = block, cyclic, clock, depth, rate_sps
        self._starved = starved
        self._ends: deque[Fraction] = deque()
        self._end: Fraction | None = None
        self._dry = False

    def place(self, codes: Codes, sending: Sending, pace: Pace | None) -> tuple[Segment, bool]:
        """Return where ``codes`` go on the time line, and whether the transmitter had run dry before them."""
        if self.cyclic and self._end is not None:
            raise Refused(errno.EBADF)
        now, rate = self._clock.now(pace), self._rate_sps()
        dry, missing = self._is_dry(now) and not self._dry, 0
        if self._end is not None and (missing := self._starved()):
            dry = True
        first = math.ceil((now if self._end is None else max(self._end, now)) * rate) + missing
        end = FOREVER if self.cyclic else first + len(codes)
        self._end = end / rate
        self._dry = False
        self._ends.append(self._end)
        if not self.cyclic:
            return Segment(first, end, rate, codes, sending), dry
        return Segment(first, end, rate, _repeated(codes), None, len(codes)), dry

    def ran_dry(self) -> bool:
        """Return whether it has run dry since this was asked last, each time once."""
        if self._dry or not self._is_dry(self._clock.now(None)):
            return False
        self._dry = True
        return True

    def _is_dry(self, now: Fraction) -> bool:
        return self._end is not None and now > self._end

    def wait_for_room(self, patience_s: float | None, gone: Callable[[], bool]) -> None:
        """Return when one of the kernel buffers is free again; raises Refused."""
        while not self.cyclic and len(self._ends) >= self._depth:
            self._clock.wait(self._ends[0], patience_s, gone, None)
            self._ends.popleft()

    def stop_at(self, rate_sps: Fraction, pace: Pace | None) -> int:
        """Return the sample at which it falls silent when it is closed now: what is queued then is not played."""
        return math.ceil(self._clock.now(pace) * rate_sps)
