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
    Raises ValueError for a clock that is not finite or makes a chip shorter than a sample.
    """
    stretch = 1.0 + np.asarray(clock_ppm, np.float64) * PPM
    if not np.all(np.isfinite(stretch) & (samples_per_chip * stretch >= 1.0)):
        raise ValueError("clock_ppm must be finite and leave a chip at least one sample")
    if np.all(stretch == 1.0):
        whole = np.empty((*chips.shape, samples_per_chip), np.float32)
        whole[...] = chips[..., np.newaxis]
        return whole.reshape(*chips.shape[:-1], chips.shape[-1] * samples_per_chip)
    count = chips.shape[-1]
    lead = np.broadcast_shapes(chips.shape[:-1], stretch.shape)
    edges = samples_per_chip * np.broadcast_to(stretch, lead)[..., np.newaxis] * np.arange(1, count + 1)
    return _between_edges(np.broadcast_to(chips, (*lead, count)), edges)


def _between_edges(chips: npt.NDArray[np.uint8], edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return the samples (…, n) of ``chips`` (…, c) that end at ``edges`` (…, c), in samples from the start."""
    size = int(np.ceil(np.max(edges[..., -1]) - PPM))
    within = np.minimum(edges.astype(np.int64), size)
    silence = np.zeros((*chips.shape[:-1], 1), np.uint8)
    followed = np.concatenate((chips, silence), axis=-1)
    # first give the sample that an edge cuts to the later chip, then correct it by the earlier chip's share
    bounds = np.concatenate((np.zeros_like(within[..., :1]), within, np.full_like(within[..., :1], size)), axis=-1)
    level = np.repeat(followed.reshape(-1), np.diff(bounds, axis=-1).reshape(-1)).astype(np.float32)
    level = level.reshape(*chips.shape[:-1], size)
    earlier = (edges - within) * (chips - followed[..., 1:].astype(np.float64))
    cut = np.minimum(within, size - 1)
    np.put_along_axis(level, cut, np.take_along_axis(level, cut, -1) + earlier.astype(np.float32), -1)
    return level
