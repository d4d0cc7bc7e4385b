"""Rectangular chips on the sample grid, with edges where a tag's own clock puts them (rules 20 and 23).

Sample n is the mean of the waveform over [n, n+1): a chip edge inside a sample shows as its area fraction, so that
timing survives below one sample and a nominal clock gives exact zeros and ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PPM = 1e-6


def keyed(
    chips: npt.NDArray[np.uint8], samples_per_chip: int, clock_ppm: float | npt.NDArray[np.float64] = 0.0
) -> npt.NDArray[np.float32]:
    """Return the level 0…1 of each sample, (…, n), of ``chips`` (…, chips) of duration nominal·(1 + ppm·1e-6).

    ``clock_ppm`` may have the leading shape of ``chips``; n then holds the longest and the others end in zeros.
    Raises ValueError for a clock that is not finite or not above −10^6 ppm.
    """
    stretch = 1.0 + np.asarray(clock_ppm, np.float64) * PPM
    if not np.all(np.isfinite(stretch) & (stretch > 0)):
        raise ValueError("clock_ppm must be finite and above -1000000")
    if np.all(stretch == 1.0):
        whole: npt.NDArray[np.float32] = np.repeat(chips, samples_per_chip, axis=-1).astype(np.float32)
        return whole
    chip_samples = samples_per_chip * stretch[..., np.newaxis]
    count = chips.shape[-1]
    boundary = np.arange(int(np.ceil(count * np.max(chip_samples) - PPM)) + 1)
    position = np.minimum(boundary / chip_samples, count)
    chip = np.minimum(position.astype(np.int64), count - 1)
    lead = np.broadcast_shapes(chips.shape[:-1], chip.shape[:-1])
    chip = np.broadcast_to(chip, (*lead, boundary.size))
    levels = np.broadcast_to(chips, (*lead, count)).astype(np.float64)
    before = np.cumsum(levels, axis=-1) - levels
    area = np.take_along_axis(before, chip, -1) + np.take_along_axis(levels, chip, -1) * (position - chip)
    level: npt.NDArray[np.float32] = (np.diff(area, axis=-1) * chip_samples).astype(np.float32)
    return level
