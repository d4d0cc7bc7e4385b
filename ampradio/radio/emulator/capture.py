"""The receive DMA: all kernel buffers are queued when it opens, and each again once its successor is asked for.

So a program that pauses finds stale samples first and then a gap; with one kernel buffer there is a gap before each.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from fractions import Fraction

from ampradio.radio.emulator.clock import Clock

SLACK_BLOCKS = 1


class Capture:
    """An open receive buffer of ``block`` samples with ``depth`` kernel buffers."""

    def __init__(self, clock: Clock, block: int, depth: int, rate_sps: int) -> None:
        self.block, self.rate_sps, self._clock = block, rate_sps, clock
        self.pace = clock.enter(Fraction(SLACK_BLOCKS * block, rate_sps))
        opened = math.ceil(clock.now(None) * rate_sps)
        self._queued = deque(opened + block * index for index in range(depth))
        self._end = opened + block * depth
        self._delivered: int | None = None
        self.lost = 0  # samples between blocks

    def next_block(self, patience_s: float | None, gone: Callable[[], bool]) -> tuple[int, bool]:
        """Wait for the next block; return its first sample and whether samples were lost before one; raises Refused."""
        gap = False
        if self._delivered is not None:
            asked = math.ceil(self._clock.asked(self.pace) * self.rate_sps)
            gap = asked > self._end
            first = max(self._end, asked)
            self.lost += first - self._end
            self._queued.append(first)
            self._end = first + self.block
            self._delivered = None
        first = self._queued[0]
        self._clock.wait(Fraction(first + self.block, self.rate_sps), patience_s, gone, self.pace)
        self._delivered = self._queued.popleft()
        return first, gap

    def needs(self) -> list[tuple[float, float]]:
        """Return the stretches of time, in seconds, whose samples may still be asked for."""
        starts = [*self._queued, *([self._delivered] if self._delivered is not None else [])]
        return [(first / self.rate_sps, (first + self.block) / self.rate_sps) for first in starts]

    def close(self) -> None:
        """Let go of time."""
        self._clock.leave(self.pace)
