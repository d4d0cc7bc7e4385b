"""What a tag's detector hears: envelope power by stream position, and the mean power of blocks of it.

It takes power, or complex samples, whose power it takes only where somebody asks for it: the block means cost one pass
over what comes in, and nothing else is done with most of it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.phy.sample_buffer import SampleBuffer

_POWER_MAX = np.float32(1e9)
_PART_MAX = 1e4  # of the real or imaginary part
_ENERGY_MAX = _PART_MAX**2  # no part can be larger in less


class EnvelopeStream:
    """A stretch of envelope power; positions count power samples, each the sum of |x|² over ``decimation`` samples.

    Blocks of ``block`` power samples lie at multiples of that. A block's mean is 0 when nothing can be said about the
    noise in it: it was silent, or part of it was blanked.
    """

    def __init__(self, block: int, decimation: int, squares: bool) -> None:
        """Take complex64 samples and square them, or float32 power."""
        self._block = block
        self._decimation = decimation
        self._unit = decimation if squares else 1  # items that make one power sample
        # Any: which of the two it holds is decided once, here, and a union cannot say so
        self._samples: SampleBuffer[Any] = SampleBuffer(np.complex64) if squares else SampleBuffer(np.float32)
        self._squares = squares
        self._means = np.zeros(0)
        self._first_mean = 0
        self._blanked: list[tuple[int, int]] = []  # blocks

    @property
    def stop(self) -> int:
        """The position after the last whole power sample."""
        return self._samples.stop // self._unit

    def checked(self, items: npt.ArrayLike) -> npt.NDArray[np.generic]:
        """Return ``items`` as an array; ValueError unless it is one-dimensional and of the right kind."""
        items = np.asarray(items)
        if items.ndim != 1 or (items.dtype.kind == "c") != self._squares:
            kind = "complex" if self._squares else "real"
            what = "samples" if self._squares else "envelope power"
            raise ValueError(f"{what} must be one-dimensional and {kind}, not {items.dtype} of {items.shape}")
        return items

    def append(self, items: npt.NDArray[np.generic]) -> int:
        """Take the next items and return how many of them were bad: not finite, too large, negative; they are silence.

        ``items`` must not change before the next ``drop_before``.
        """
        if not self._squares:
            power, bad = _cleaned_power(items)
            self._samples.append(power)
            self._measure()
            return bad
        samples = np.ascontiguousarray(items, np.complex64)
        known = self._means
        self._samples.append(samples)
        if self._measure() <= _ENERGY_MAX and self._energy_left(samples) <= _ENERGY_MAX:
            return 0
        cleaned, bad = _cleaned_samples(self._samples.last)
        if bad:
            self._means = known
            self._samples.amend(cleaned)
            self._measure()
        return bad

    def means(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        """Return the mean power of the blocks from number ``start`` up to ``stop``, 0 before the stream."""
        means = self._means[max(start - self._first_mean, 0) : stop - self._first_mean]
        return means if start >= 0 else np.concatenate((np.zeros(-start), means))

    def between(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return the power from ``start`` up to ``stop``, shape (1, stop − start), zero before what is held."""
        items = self._samples.between(start * self._unit, stop * self._unit).view(np.float32)
        if not self._squares:
            return items
        parts = items.reshape(-1, 2 * self._unit)
        power: npt.NDArray[np.float32] = np.einsum("ij,ij->i", parts, parts)
        return power[np.newaxis]

    def blank(self, start: int, stop: int) -> None:
        """Silence the samples (of the undecimated stream) from ``start`` up to ``stop``, held or yet to come."""
        first, last = start // self._decimation, -(-stop // self._decimation)
        self._samples.blank(first * self._unit, last * self._unit)
        self._blanked.append((first // self._block, -(-last // self._block)))
        self._forget_blanked()

    def drop_before(self, position: int, block: int) -> None:
        """Forget the power before ``position`` and the means before number ``block``."""
        self._samples.drop_before(position * self._unit)
        surplus = min(max(block - self._first_mean, 0), self._means.size)
        self._means = self._means[surplus:]
        self._first_mean += surplus
        if self._blanked:
            self._blanked = [span for span in self._blanked if span[1] > self._first_mean]

    def _measure(self) -> float:
        """Add the means of the blocks that are whole now; return the most energy that one of them has."""
        per = self._block * self._unit
        first, stop = self._first_mean + self._means.size, self._samples.stop // per
        if first == stop:
            return 0.0
        has_begun = first * per < self._samples.stop - self._samples.last.size  # before what was appended last
        bounds = (first, first + 1, stop) if has_begun else (first, stop)
        energies = []
        for begin, end in pairwise(bounds):
            if begin < end:
                items = self._samples.between(begin * per, end * per).reshape(end - begin, per)
                energies.append(self._energies(items))
        new = np.concatenate(energies).astype(np.float64)
        self._means = np.concatenate((self._means, new / self._block))
        self._forget_blanked()
        return float(new.max())

    def _forget_blanked(self) -> None:
        for first, stop in self._blanked:
            self._means[max(first - self._first_mean, 0) : max(stop - self._first_mean, 0)] = 0

    def _energies(self, items: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        parts = items.view(np.float32)
        energies: npt.NDArray[np.float32]
        energies = np.einsum("ij,ij->i", parts, parts) if self._squares else np.add.reduce(parts, axis=1)
        return energies

    def _energy_left(self, samples: npt.NDArray[np.complex64]) -> float:
        """Return the energy of those of the new ``samples`` that make no whole block yet."""
        left = self._samples.stop % (self._block * self._unit)
        parts = samples[max(samples.size - left, 0) :].view(np.float32)
        return float(np.dot(parts, parts))


def _cleaned_samples(samples: npt.NDArray[np.complex64]) -> tuple[npt.NDArray[np.complex64], int]:
    parts = samples.view(np.float32)
    if parts.size == 0 or (parts.min() >= -_PART_MAX and parts.max() <= _PART_MAX):
        return samples, 0
    good = (np.abs(samples.real) <= _PART_MAX) & (np.abs(samples.imag) <= _PART_MAX)
    return np.where(good, samples, np.complex64(0)), samples.size - int(np.count_nonzero(good))


def _cleaned_power(items: npt.NDArray[np.generic]) -> tuple[npt.NDArray[np.float32], int]:
    power = items.astype(np.float32, copy=False)
    if power.size == 0 or (np.minimum.reduce(power) >= 0 and np.maximum.reduce(power) <= _POWER_MAX):
        return power, 0
    good = (power >= 0) & (power <= _POWER_MAX)
    return np.where(good, power, np.float32(0)), power.size - int(np.count_nonzero(good))
