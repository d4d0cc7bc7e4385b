"""The first AMP-Sync in each of many rows of samples, for sweeps: the streaming search repeated over whole arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.uplink_sync import UplinkSync, UplinkSyncHits


def first_sync(
    sync: UplinkSync, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64]
) -> UplinkSyncHits:
    """Return the first sync in each row of ``samples`` (packets, n), its timing counted from sample 0.

    ``floor`` (packets,) is the noise power per sample, 0 where unknown.
    """
    packets, count = samples.shape
    step = sync.block * sync.grid
    found = np.zeros(packets, np.bool_)
    start, stretch = np.zeros(packets), np.ones(packets)
    carrier_hz, energy = np.zeros(packets), np.zeros(packets)
    for begin in range(0, max(count - sync.reach, 0) + 1, step):
        rows = np.flatnonzero(~found)
        if not rows.size:
            break
        first = np.full(rows.size, begin)
        for _ in range(2):  # the second look begins where the first found something, lest that was a sidelobe
            hits = sync.search(rows_from(samples[rows], first, sync.reach), floor[rows])
            better = hits.found & (hits.energy > energy[rows])
            where = rows[better]
            found[where] = True
            start[where] = first[better] + hits.timing.start[better]
            stretch[where], carrier_hz[where] = hits.timing.stretch[better], hits.carrier_hz[better]
            energy[where] = hits.energy[better]
            rows = rows[hits.found]
            if not rows.size:
                break
            first = start[rows].astype(np.intp)
    return UplinkSyncHits(found, ChipTiming(start, stretch), carrier_hz, energy)


def rows_from(
    samples: npt.NDArray[np.complex64], first: npt.NDArray[np.intp], count: int
) -> npt.NDArray[np.complex64]:
    """Return ``count`` samples of each row of ``samples`` (packets, n) from ``first`` (packets,) on, zero outside."""
    out = np.zeros((samples.shape[0], count), np.complex64)
    for row, begin in enumerate(first):
        low, high = max(int(begin), 0), min(int(begin) + count, samples.shape[1])
        if high > low:
            out[row, low - begin : high - begin] = samples[row, low:high]
    return out
