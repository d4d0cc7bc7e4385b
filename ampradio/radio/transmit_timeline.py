"""What a transmit stream consists of: silence or a repeated background, and bursts at exact places."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ampradio.radio.interface import Codes, Samples

DAC_FULL_SCALE = 32767
_MOST_AMPLITUDE = 1 + 1e-3  # a filter's ripple is clipped, a wrong scale is refused


def transmit_codes(samples: Samples) -> Codes:
    """Return ``samples``, full scale 1, as (n, 2) int16.

    Raises:
        ValueError: no samples, not one-dimensional, not finite, or beyond full scale.
    """
    samples = np.ascontiguousarray(samples, np.complex64)
    if samples.ndim != 1 or not samples.size:
        raise ValueError(f"samples to send have shape (n,), n > 0, not {samples.shape}")
    most = float(np.abs(samples).max())
    if not most <= _MOST_AMPLITUDE:  # also when it is no number
        raise ValueError(f"samples to send reach {most:g}; full scale is 1")
    scaled = np.rint(samples.view(np.float32) * np.float32(DAC_FULL_SCALE))
    codes: Codes = np.clip(scaled, -DAC_FULL_SCALE, DAC_FULL_SCALE).astype(np.int16).reshape(-1, 2)
    return codes


@dataclass(frozen=True, eq=False)
class _Placed:
    first: int
    codes: Codes

    @property
    def end(self) -> int:
        return self.first + len(self.codes)


class TransmitTimeline:
    """The stream in blocks of ``block`` samples; ``next`` is the index of the first sample not handed over yet."""

    def __init__(self, block: int) -> None:
        self.next = 0
        self._block = block
        self._placed: list[_Placed] = []
        self._sent: list[_Placed] = []
        self._background: Codes | None = None
        self._phase = 0

    def place(self, codes: Codes, first: int) -> None:
        """Put ``codes`` at index ``first``, which must not be before ``next``."""
        assert first >= self.next
        self._placed.append(_Placed(first, codes))

    @property
    def background(self) -> Codes | None:
        """What is sent where no burst is; None for silence."""
        return self._background

    def set_background(self, codes: Codes | None) -> None:
        """Choose what is sent, again and again, where no burst is."""
        self._background = codes

    def set_phase(self, phase: int) -> None:
        """Let index i of the stream have sample i + ``phase`` of the background, modulo its length."""
        self._phase = phase

    def take_block(self) -> Codes:
        """Return the next block, (block, 2)."""
        first, end = self.next, self.next + self._block
        out = self._silence(first)
        for each in self._placed:
            start, stop = max(first, each.first), min(end, each.end)
            if stop > start:
                out[start - first : stop - first] = each.codes[start - each.first : stop - each.first]
        self.next = end
        self._sent += [each for each in self._placed if each.end <= end]
        self._placed = [each for each in self._placed if each.end > end]
        return out

    def displaced(self, in_flight: int) -> int:
        """Return how many bursts touch the newest ``in_flight`` samples handed over, each once; those are forgotten.

        Of a burst of which more was to come, the rest is not sent.
        """
        since = self.next - in_flight
        begun = [each for each in self._placed if each.first < self.next]
        self._placed = [each for each in self._placed if each.first >= self.next]
        count = len(begun) + sum(each.end > since for each in self._sent)
        self._sent = []
        return count

    def forget_before(self, index: int) -> None:
        """Forget bursts that ended before ``index``."""
        self._sent = [each for each in self._sent if each.end > index]

    def shift(self, by: int) -> int:
        """Move what waits by ``by`` samples; return how many bursts that makes too late, which are dropped."""
        moved = [replace(each, first=each.first + by) for each in self._placed]
        self._placed = [each for each in moved if each.first >= self.next]
        return len(moved) - len(self._placed)

    def _silence(self, first: int) -> Codes:
        background = self._background
        if background is None:
            return np.zeros((self._block, 2), np.int16)
        at = (first + self._phase) % len(background)
        repeats = -(-(at + self._block) // len(background))
        codes: Codes = np.tile(background, (repeats, 1))[at : at + self._block]
        return codes
