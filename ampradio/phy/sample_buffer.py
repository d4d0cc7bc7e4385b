"""The part of a sample stream that a receiver still needs, addressed by absolute position, with blanked ranges."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Sample = TypeVar("Sample", np.float32, np.complex64)


class SampleBuffer(Generic[Sample]):
    """A window on a stream that grows at its end and is trimmed at its start; it never holds more than asked."""

    def __init__(self, dtype: type[Sample]) -> None:
        """Start at stream position 0."""
        self._samples: npt.NDArray[Sample] = np.zeros(4096, dtype)
        self._count = 0
        self._blanked: list[tuple[int, int]] = []
        self.start = 0

    @property
    def stop(self) -> int:
        """The stream position after the last sample held."""
        return self.start + self._count

    def append(self, samples: npt.NDArray[Sample]) -> None:
        """Take the next samples of the stream; those in a blanked range become zero."""
        begin = self.stop
        needed = self._count + samples.size
        if needed > self._samples.size:
            grown: npt.NDArray[Sample] = np.zeros(max(needed, 2 * self._samples.size), self._samples.dtype)
            grown[: self._count] = self._samples[: self._count]
            self._samples = grown
        self._samples[self._count : needed] = samples
        self._count = needed
        for start, stop in self._blanked:
            self._silence(max(start, begin), stop)

    def blank(self, start: int, stop: int) -> None:
        """Silence the stream positions from ``start`` up to ``stop``, already held or yet to come."""
        if stop <= max(start, self.start):
            return
        self._blanked.append((start, stop))
        self._silence(start, stop)

    def drop_before(self, position: int) -> None:
        """Forget everything before ``position``; a position at or before the start changes nothing."""
        surplus = min(position - self.start, self._count)
        if surplus <= 0:
            return
        self._samples[: self._count - surplus] = self._samples[surplus : self._count].copy()
        self._count -= surplus
        self.start += surplus
        self._blanked = [span for span in self._blanked if span[1] > self.start]

    def between(self, start: int, stop: int) -> npt.NDArray[Sample]:
        """Return the samples from ``start`` up to ``stop``, shape (1, stop − start), zero before what is held."""
        held = self._samples[max(start - self.start, 0) : stop - self.start]
        missing = max(self.start - start, 0)
        if missing:
            held = np.concatenate((np.zeros(missing, self._samples.dtype), held))
        return held[np.newaxis]

    def _silence(self, start: int, stop: int) -> None:
        low, high = max(start - self.start, 0), min(stop - self.start, self._count)
        if low < high:
            self._samples[low:high] = 0
