"""What lies between a sender and a recording: placing, echoes, noise of a fixed seed, and 16-bit samples."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def placed(total: int, *parts: tuple[int, float, Sequence[complex]]) -> list[complex]:
    """Return ``total`` samples in which every part (first sample, amplitude, samples) is added up."""
    out: list[complex] = [0j] * total
    for first, amplitude, samples in parts:
        for index, value in enumerate(samples):
            if 0 <= first + index < total:
                out[first + index] += amplitude * value
    return out


def echoed(samples: Sequence[complex], taps: Sequence[complex]) -> list[complex]:
    """Return ``samples`` through a channel of ``taps``, one sample apart."""
    return [
        sum(tap * samples[index - delay] for delay, tap in enumerate(taps) if index >= delay)
        for index in range(len(samples))
    ]


def noisy(samples: Sequence[complex], power: float, seed: int) -> list[complex]:
    """Return ``samples`` plus circular Gaussian noise of mean ``power`` from numpy's PCG64 of ``seed``."""
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn = generator.standard_normal(2 * len(samples)) * math.sqrt(power / 2)
    return [value + complex(drawn[2 * index], drawn[2 * index + 1]) for index, value in enumerate(samples)]


def sixteen_bits(samples: Sequence[complex], unit: int) -> npt.NDArray[np.int16]:
    """Return I and Q in turn (2n,), an amplitude of 1 as ``unit``; raises ValueError where 16 bits do not hold it."""
    out = np.empty(2 * len(samples), "<i2")
    for index, value in enumerate(samples):
        for place, part in enumerate((value.real, value.imag)):
            rounded = math.floor(part * unit + 0.5)
            if not -32768 <= rounded <= 32767:
                raise ValueError(f"sample {index} does not fit 16 bits: choose a smaller unit")
            out[2 * index + place] = rounded
    return out
