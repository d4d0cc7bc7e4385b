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
    lanes, heard = np.empty(_LANES, np.float32), 0
    come = np.empty(parts.size // (2 * block))
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
        come[heard] = power / block
        heard += 1
    known, last = min(known + heard, recent.size), min(heard, recent.size)
    for each in range(recent.size - known, recent.size - last):
        recent[each] = recent[each + heard]
    recent[recent.size - last :] = come[heard - last : heard]
    least = np.inf
    for each in range(recent.size - known, recent.size):
        least = min(least, recent[each])
    return float(known), least


@compiled("Tuple((float64[::1], float64))(float64[::1], float64[::1], int64)")
def remembered(
    recent: npt.NDArray[np.float64], powers: npt.NDArray[np.float64], history: int
) -> tuple[npt.NDArray[np.float64], float]:
    """Return the last ``history`` of ``recent`` and then ``powers``, silence left out, and the least of them."""
    new = 0
    for power in powers:
        new += power > 0
    count = min(recent.size + new, history)
    together, at, least = np.empty(count), count, np.inf
    for each in range(powers.size - 1, -1, -1):
        if powers[each] > 0 and at > 0:
            at -= 1
            together[at] = powers[each]
    together[:at] = recent[recent.size - at :]
    for power in together:
        least = min(least, power)
    return together, least


@compiled("void(float64[::1], float64[::1], float64[::1], float64[::1], boolean[::1])")
def before_each(
    recent: npt.NDArray[np.float64], unbiased: npt.NDArray[np.float64], powers: npt.NDArray[np.float64],
    floors: npt.NDArray[np.float64], settled: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Write what ``NoiseFloor.before_each`` returns into ``floors`` and ``settled`` (n,)."""
    history, known, come, least = unbiased.size - 1, recent.size, 0, np.inf
    left = np.empty(known + 1)  # the least of those from each on
    left[known] = np.inf
    for each in range(known - 1, -1, -1):
        left[each] = min(left[each + 1], recent[each])
    for each in range(powers.size):
        gone, count = max(known + come - history, 0), min(known + come, history)
        floors[each] = min(left[gone], least) * unbiased[count] if count else 0.0
        settled[each] = count == history
        if powers[each] > 0:
            come += 1
            least = min(least, powers[each])
