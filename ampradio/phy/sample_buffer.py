"""The part of a sample stream that a receiver still needs, addressed by absolute position, with blanked ranges."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Sample = TypeVar("Sample", np.float32, np.complex64)


class SampleBuffer(Generic[Sample]):
    """A window on a stream that grows at its end and is trimmed at its start; it never holds more than asked.

    What was appended last is borrowed, not copied, until ``drop_before`` tells what of it is still needed.
    """

    def __init__(self, dtype: type[Sample]) -> None:
        """Start at stream position 0."""
        self._held: npt.NDArray[Sample] = np.zeros(4096, dtype)
        self._count = 0
        self._fresh: npt.NDArray[Sample] = self._held[:0]
        self._blanked: list[tuple[int, int]] = []
        self.start = 0

    @property
    def stop(self) -> int:
        """The stream position after the last sample."""
        return self.start + self._count + self._fresh.size

    @property
    def last(self) -> npt.NDArray[Sample]:
        """What was appended last, blanked where it is, until ``drop_before``."""
        return self._fresh

    def append(self, samples: npt.NDArray[Sample]) -> None:
        """Take the next samples of the stream; those in a blanked range become zero.

        ``samples`` must not change before the next ``drop_before``.
        """
        if self._fresh.size:
            self._keep(self._fresh)
        self._fresh = samples
        for start, stop in self.blanked(self.stop - samples.size, self.stop):
            self._silence(start, stop)

    def amend(self, samples: npt.NDArray[Sample]) -> None:
        """Take ``samples`` in the place of what was appended last, as many as those were."""
        self._fresh = self._fresh[:0]
        self.append(samples)

    def blank(self, start: int, stop: int) -> None:
        """Silence the stream positions from ``start`` up to ``stop``, already held or yet to come."""
        if stop <= max(start, self.start):
            return
        self._blanked.append((start, stop))
        self._silence(start, stop)

    def blanked(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return the parts of the blanked ranges that lie between ``start`` and ``stop``; old ones are forgotten."""
        parts = ((max(start, first), min(stop, last)) for first, last in self._blanked)
        return [(first, last) for first, last in parts if first < last]

    def drop_before(self, position: int) -> None:
        """Forget everything before ``position`` and keep the rest; what lies before the start changes nothing."""
        surplus = min(max(position - self.start, 0), self._count + self._fresh.size)
        fresh = self._fresh[max(surplus - self._count, 0) :]
        left = max(self._count - surplus, 0)
        if surplus and left:
            self._held[:left] = self._held[self._count - left : self._count].copy()
        self._count = left
        self._fresh = self._held[:0]
        self._keep(fresh)
        self.start += surplus
        if self._blanked:
            self._blanked = [span for span in self._blanked if span[1] > self.start]

    def between(self, start: int, stop: int) -> npt.NDArray[Sample]:
        """Return the samples from ``start`` up to ``stop``, shape (1, stop − start), zero before what is held."""
        first, last, edge = start - self.start, stop - self.start, self._count
        if first >= edge:
            return self._fresh[first - edge : last - edge][np.newaxis]
        parts = [self._held[max(first, 0) : max(min(last, edge), 0)]]
        if first < 0:
            parts.insert(0, np.zeros(min(-first, stop - start), self._held.dtype))
        if last > edge:
            parts.append(self._fresh[: last - edge])
        return (parts[0] if len(parts) == 1 else np.concatenate(parts))[np.newaxis]

    def _keep(self, samples: npt.NDArray[Sample]) -> None:
        needed = self._count + samples.size
        if needed > self._held.size:
            grown: npt.NDArray[Sample] = np.zeros(max(needed, 2 * self._held.size), self._held.dtype)
            grown[: self._count] = self._held[: self._count]
            self._held = grown
        self._held[self._count : needed] = samples
        self._count = needed

    def _silence(self, start: int, stop: int) -> None:
        low, high = max(start - self.start, 0), stop - self.start
        if low < self._count:
            self._held[low : min(high, self._count)] = 0
        low, high = max(low - self._count, 0), high - self._count
        if low < min(high, self._fresh.size):
            self._fresh = self._fresh.copy()
            self._fresh[low:high] = 0
