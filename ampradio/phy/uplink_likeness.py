"""How much the chips of a word that stands out look like an uplink's AMP-Sync, and which of several such is it.

A sync begins a PPDU: where many places pass, the first that is no other's sidelobe is wanted, not the loudest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PEAK_LIKENESS = 0.5  # where there is a sync its peak may be less like one: another tag's PPDU may lie over it
LIKENESS_FROM = 0.65  # mean correlation from which on more likeness is asked for
NO_SIDELOBE = 0.7  # the word a chip or more aside is like itself by less than 0.25


def alike(
    each: npt.NDArray[np.float32], signs: npt.NDArray[np.float32], noise: float, likeness: float, clearer: float
) -> npt.NDArray[np.bool_]:
    """Return whether the chip energies (n, 48) correlate with the word's ``signs`` (48,) as they should at this SNR.

    For ON energy s and ``noise`` n per chip the correlation is s/(s + 2n) in the mean, and it scatters less the higher
    that is; ``likeness`` and ``clearer`` are as in ``Strictness``.
    """
    on = each[:, np.flatnonzero(signs > 0)]
    signal = np.maximum(np.add.reduce(on, axis=1) / on.shape[1] - noise, 0) + np.finfo(np.float32).tiny
    mean = signal / (signal + 2 * noise)
    least = mean * (likeness + clearer * np.maximum(mean - LIKENESS_FROM, 0))
    match, scale = _match(each, signs)
    enough: npt.NDArray[np.bool_] = match > least * scale
    return enough


def is_no_sidelobe(each: npt.NDArray[np.float32], signs: npt.NDArray[np.float32]) -> bool:
    """Return whether the chip energies (48,) are so much like the word's ``signs`` (48,) as no sidelobe of one is."""
    match, scale = _match(each[np.newaxis], signs)
    return bool(match[0] > NO_SIDELOBE * scale[0])


def _match(
    each: npt.NDArray[np.float32], signs: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return what chip energies (n, 48) have in common with the word, and what that is at the most."""
    count = signs.size
    spread = each - (np.add.reduce(each, axis=1) / count)[:, np.newaxis]
    return spread @ signs, np.sqrt(np.add.reduce(spread * spread, axis=1) * count)


def first_peak(energy: npt.NDArray[np.float32], position: npt.NDArray[np.intp], begin: int, sidelobe: int) -> int:
    """Return which candidate (n,) is the highest of those that have ``energy`` up to ``sidelobe`` after ``begin``."""
    for _ in range(2):  # what was taken for the first may have been a sidelobe of the next
        near = (position >= begin) & (position <= begin + sidelobe)
        best = int(np.argmax(np.where(near, energy, 0)))
        begin = int(position[best])
    return best
