"""A recording's samples as a receiver wants them: shifted to the channel's centre, at the receiver's rate.

Both are exact: the shift is counted from sample 0 of the recording, the rates stand in a ratio of whole numbers, and
any stretch read by itself is the same as read with everything before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy.signal import firwin, resample_poly

from testbed.capture import Recording

BLOCK = 1 << 19
_TAPS_PER_STEP = 12  # a side: as sharp as scipy's own filter, and a little more
_RATIO_MAX = 4096
_LARGEST = np.float32(1e6)


@dataclass(frozen=True)
class Source:
    """A recording seen at ``rate_sps`` with the channel, ``offset_hz`` beside its centre, at zero.

    ``samples`` counts them at that rate. Raises ``ValueError`` when the rates have no ratio of small whole numbers.
    """

    recording: Recording
    rate_sps: int
    offset_hz: float = 0.0
    _ratio: Fraction = field(init=False)
    _taps: npt.NDArray[np.float64] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ratio = Fraction(self.rate_sps, self.recording.sample_rate_sps)
        if max(ratio.numerator, ratio.denominator) > _RATIO_MAX:
            ratio = ratio.limit_denominator(_RATIO_MAX)
        if not ratio or max(ratio.numerator, ratio.denominator) > _RATIO_MAX:
            raise ValueError(f"{self.recording.sample_rate_sps} sample/s cannot be brought to {self.rate_sps}")
        object.__setattr__(self, "_ratio", ratio)
        object.__setattr__(self, "_taps", None if ratio == 1 else _filter(ratio))

    @property
    def samples(self) -> int:
        """Samples at the receiver's rate."""
        return int(self.recording.samples * self._ratio)

    def to_recording(self, sample: float) -> float:
        """Return the position in the recording of a sample at the receiver's rate."""
        return float(sample / self._ratio)

    def read(self, start: int, count: int) -> npt.NDArray[np.complex64]:
        """Return ``count`` samples from ``start`` at the receiver's rate, complex64 (n,); less at the end."""
        stop = min(start + count, self.samples)
        start = max(start, 0)
        if stop <= start:
            return np.empty(0, np.complex64)
        if self._taps is None:
            return self._shifted(start, stop - start)
        up, down = self._ratio.numerator, self._ratio.denominator
        margin = -(-_TAPS_PER_STEP * max(up, down) // up) + 1  # of the recording's samples
        first = max((start * down // up - margin) // down * down, 0)  # its image is a whole sample
        last = min(-(-stop * down // up) + margin, self.recording.samples)
        resampled = resample_poly(self._shifted(first, last - first), up, down, window=self._taps)
        begin = start - first * up // down
        return np.ascontiguousarray(resampled[begin : begin + stop - start], np.complex64)

    def blocks(self, progress: Callable[[float], None] = lambda share: None) -> Iterator[npt.NDArray[np.complex64]]:
        """Yield all samples in order."""
        for start in range(0, self.samples, BLOCK):
            yield self.read(start, BLOCK)
            progress(min((start + BLOCK) / self.samples, 1.0))

    def _shifted(self, start: int, count: int) -> npt.NDArray[np.complex64]:
        samples = _bounded(self.recording.read(start, count))
        if not self.offset_hz:
            return samples
        turns = self.offset_hz / self.recording.sample_rate_sps
        phase = (start * turns) % 1.0 + np.arange(samples.size) * turns
        return np.asarray(samples * np.exp(-2j * np.pi * phase), np.complex64)


def _bounded(samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    """Return the samples, those that are no number of a radio as silence: one NaN would spoil a filter's length."""
    parts = samples.view(np.float32)
    if parts.size and np.minimum.reduce(parts) >= -_LARGEST and np.maximum.reduce(parts) <= _LARGEST:
        return samples
    good = (np.abs(samples.real) <= _LARGEST) & (np.abs(samples.imag) <= _LARGEST)
    return np.where(good, samples, np.complex64(0))


def _filter(ratio: Fraction) -> npt.NDArray[np.float64]:
    """Return the low-pass of a polyphase resampler, as scipy's documentation of ``resample_poly`` designs it."""
    step = max(ratio.numerator, ratio.denominator)
    return np.asarray(firwin(2 * _TAPS_PER_STEP * step + 1, 1 / step, window=("kaiser", 6.0)), np.float64)
