"""The powers of blocks and the least of the recent ones as a plain loop for the accelerator: see ``noise_floor``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_LANES = 32  # sums apart, so that they can be added up side by side


@compiled("UniTuple(float64, 2)(float32[::1], int64, float64[::1], int64)")
def remember_each(
    parts: npt.NDArray[np.float32], block: int, recent: npt.NDArray[np.float64], known: int
) -> tuple[float, float]:
    """Put the mean powers of blocks of ``block`` complex samples into ``recent``, and return how many and the least.

    ``parts`` are real and imaginary parts in turn; ``recent`` holds ``known`` at its end, the newest last. Silence is
    left out.
    """
    lanes = np.empty(_LANES, np.float32)
    for first in range(0, parts.size, 2 * block):
        lanes[:] = np.float32(0)
        for begin in range(first, first + 2 * block, _LANES):
            some = parts[begin : begin + _LANES]
            for lane in range(_LANES):
                lanes[lane] += some[lane] * some[lane]
        power = 0.0
        for lane in range(_LANES):
            power += lanes[lane]
        if power <= 0:
            continue
        known = min(known + 1, recent.size)
        for each in range(recent.size - known, recent.size - 1):
            recent[each] = recent[each + 1]
        recent[recent.size - 1] = power / block
    least = np.inf
    for each in range(recent.size - known, recent.size):
        least = min(least, recent[each])
    return float(known), least
