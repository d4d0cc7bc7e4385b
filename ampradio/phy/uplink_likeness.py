"""How much the chips of a word that stands out look like an uplink's AMP-Sync, and which of several such is it.

A sync begins a PPDU: where many places pass, the first that is no other's sidelobe is wanted, not the loudest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PEAK_LIKENESS = 0.5  # where there is a sync its peak may be less like one: another tag's PPDU may lie over it
LIKENESS_FROM = 0.65  # mean correlation from which on more likeness is asked for


def alike(
    each: npt.NDArray[np.float32], signs: npt.NDArray[np.float32], noise: float, likeness: float, clearer: float
) -> npt.NDArray[np.bool_]:
    """Return whether the chip energies (n, 48) correlate with the word's ``signs`` (48,) as they should at this SNR.

    For ON energy s and ``noise`` n per chip the correlation is s/(s + 2n) in the mean, and it scatters less the higher
    that is; ``likeness`` and ``clearer`` are as in ``Strictness``.
    """
    count = signs.size
    on = each[:, np.flatnonzero(signs > 0)]
    signal = np.maximum(np.add.reduce(on, axis=1) / on.shape[1] - noise, 0) + np.finfo(np.float32).tiny
    mean = signal / (signal + 2 * noise)
    least = mean * (likeness + clearer * np.maximum(mean - LIKENESS_FROM, 0))
    spread = each - (np.add.reduce(each, axis=1) / count)[:, np.newaxis]
    scale = np.sqrt(np.add.reduce(spread * spread, axis=1) * count)
    enough: npt.NDArray[np.bool_] = (spread @ signs) > least * scale
    return enough


def first_peak(energy: npt.NDArray[np.float32], position: npt.NDArray[np.intp], begin: int, sidelobe: int) -> int:
    """Return which candidate (n,) is the highest of those that have ``energy`` up to ``sidelobe`` after ``begin``."""
    for _ in range(2):  # what was taken for the first may have been a sidelobe of the next
        near = (position >= begin) & (position <= begin + sidelobe)
        best = int(np.argmax(np.where(near, energy, 0)))
        begin = int(position[best])
    return best
