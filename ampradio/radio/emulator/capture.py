"""The receive DMA: all kernel buffers are queued when it opens, and each again once its successor is asked for.

So a program that pauses finds stale samples first and then a gap; with one kernel buffer there is a gap before each.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from fractions import Fraction

from ampradio.radio.emulator.clock import Clock


class Capture:
    """An open receive buffer of ``block`` samples with ``depth`` kernel buffers, filled at the rate of then."""

    def __init__(
        self,
        clock: Clock,
        block: int,
        depth: int,
        rate_sps: Callable[[], Fraction],
        also_lost: Callable[[], int] = lambda: 0,
        slack_blocks: int = 1,
    ) -> None:
        """``also_lost`` says how many samples are to be lost on purpose before the block that is queued next.

        ``slack_blocks``: how far elastic time may go beyond what was read.
        """
        self.block, self._depth, self._clock, self._rate_sps = block, depth, clock, rate_sps
        self._also_lost, self._slack_blocks = also_lost, slack_blocks
        self.rate_sps = rate_sps()
        self.pace = clock.enter(self._slack())
        self._queued: deque[int] = deque()
        self._end = 0
        self._delivered: int | None = None
        self.lost = 0  # samples between blocks
        self._queue_all(clock.now(None))

    def _slack(self) -> Fraction:
        return self._slack_blocks * self.block / self.rate_sps

    def _queue_all(self, now: Fraction) -> None:
        first = math.ceil(now * self.rate_sps)
        self._queued = deque(first + self.block * index for index in range(self._depth))
        self._end = first + self.block * self._depth
        self._delivered = None

    def next_block(self, patience_s: float | None, gone: Callable[[], bool]) -> tuple[int, bool]:
        """Wait for the next block; return its first sample and whether samples were lost before one; raises Refused."""
        gap = False
        asked = self._clock.asked(self.pace)
        if self.rate_sps != self._rate_sps():  # changed while open: begin again, as if opened now
            self.rate_sps = self._rate_sps()
            self._clock.leave(self.pace)
            self.pace = self._clock.enter(self._slack())
            self._queue_all(asked)
        elif self._delivered is not None:
            first = max(self._end, math.ceil(asked * self.rate_sps)) + self._also_lost()
            gap = first > self._end
            self.lost += first - self._end
            self._queued.append(first)
            self._end = first + self.block
            self._delivered = None
        first = self._queued[0]
        self._clock.wait((first + self.block) / self.rate_sps, patience_s, gone, self.pace)
        self._delivered = self._queued.popleft()
        return first, gap

    def needs(self) -> list[tuple[float, float]]:
        """Return the stretches of time, in seconds, whose samples may still be asked for."""
        delivered = self._delivered  # another thread may be about to change it
        starts = [*self._queued.copy(), *([] if delivered is None else [delivered])]
        rate_sps = float(self.rate_sps)
        return [(first / rate_sps, (first + self.block) / rate_sps) for first in starts]

    def close(self) -> None:
        """Let go of time."""
        self._clock.leave(self.pace)
