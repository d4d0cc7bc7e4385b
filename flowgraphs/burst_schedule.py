"""The transmit stream of a node: silence and PPDUs at their exact samples, never beyond the horizon."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

STALL_S = 2.0
PENDING_MAX = 256


@dataclass(frozen=True)
class Burst:
    """One modulated PPDU and where its sample 0 goes."""

    start: int
    samples: npt.NDArray[np.complex64]

    @property
    def stop(self) -> int:
        """The sample after its last."""
        return self.start + self.samples.size


class BurstSchedule:
    """Filled by the thread that talks to the MAC, emptied by the one that feeds the radio."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._bursts: deque[Burst] = deque()
        self._emitted = 0
        self._horizon = 0
        self._closed = False

    def add(self, burst: Burst) -> bool:
        """Take a burst; False when its start has passed or lies within the burst before it."""
        with self._changed:
            if burst.start < self._emitted or (self._bursts and burst.start < self._bursts[-1].stop):
                return False
            self._bursts.append(burst)
            return True

    @property
    def full(self) -> bool:
        """True while more would be without bound."""
        return len(self._bursts) >= PENDING_MAX

    def clear(self) -> int:
        """Drop every burst, also the rest of one under way, and return how many they were."""
        with self._changed:
            dropped = len(self._bursts)
            self._bursts.clear()
            return dropped

    @property
    def emitted(self) -> int:
        """How far the stream has got."""
        return self._emitted

    def raise_horizon(self, horizon: int) -> None:
        """Allow samples up to ``horizon``; it never moves back."""
        with self._changed:
            if horizon > self._horizon:
                self._horizon = horizon
                self._changed.notify_all()

    def take(self, count: int) -> npt.NDArray[np.complex64] | None:
        """Return the next samples, at most ``count``, as complex64 (n,).

        Waits at the horizon, and returns none at all only when that did not move for ``STALL_S``; None when closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._emitted < self._horizon or self._closed, STALL_S)
            if self._closed:
                return None
            stop = max(min(self._emitted + count, self._horizon), self._emitted)
            out = np.zeros(stop - self._emitted, np.complex64)
            while self._bursts and self._bursts[0].start < stop:
                burst = self._bursts[0]
                first, last = max(self._emitted, burst.start), min(stop, burst.stop)
                out[first - self._emitted : last - self._emitted] = burst.samples[
                    first - burst.start : last - burst.start
                ]
                if last < burst.stop:
                    break
                self._bursts.popleft()
            self._emitted = stop
            return out

    def close(self) -> None:
        """End the stream and let whoever waits go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
