"""What goes wrong at one radio on demand, so that programs can be tried: losses, gaps, a device that stalls."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable

from ampradio.radio.emulator.iio_tree import Refused

_LOOK_EVERY_S = 0.02


class Faults:
    """Faults of one radio that wait to happen; any thread may ask for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._to_lose = 0
        self._to_miss = 0
        self._going = threading.Event()
        self._going.set()

    def overflow(self, samples: int) -> None:
        """Lose so many received samples before the kernel buffer that is queued next; the status tells."""
        with self._lock:
            self._to_lose += _positive(samples)

    def underflow(self, samples: int) -> None:
        """Let the transmitter miss so many samples before the block that is sent next, not the first; the status tells.

        A repeated buffer is one block and never runs dry.
        """
        with self._lock:
            self._to_miss += _positive(samples)

    def stall(self) -> None:
        """Let no block in or out, until ``resume``: clients get errno 110 when their patience ends. Time goes on."""
        self._going.clear()

    def resume(self) -> None:
        """End a stall."""
        self._going.set()

    def lost(self) -> int:
        """Return how many received samples to lose now; they are lost once."""
        with self._lock:
            samples, self._to_lose = self._to_lose, 0
        return samples

    def missed(self) -> int:
        """Return how many samples the transmitter misses now; once."""
        with self._lock:
            samples, self._to_miss = self._to_miss, 0
        return samples

    def wait(self, patience_s: float | None, gone: Callable[[], bool]) -> None:
        """Return when there is no stall; raises Refused: ETIMEDOUT after ``patience_s``, EPIPE when ``gone``."""
        gives_up = None if patience_s is None else time.monotonic() + patience_s
        while not self._going.wait(_LOOK_EVERY_S):
            if gone():
                raise Refused(errno.EPIPE)
            if gives_up is not None and time.monotonic() >= gives_up:
                raise Refused(errno.ETIMEDOUT)


def _positive(samples: int) -> int:
    if samples < 1:
        raise ValueError(f"a fault takes at least one sample, not {samples}")
    return samples
