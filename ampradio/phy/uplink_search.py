"""The first AMP-Sync in each of many rows of samples, for sweeps: the streaming search repeated over whole arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.uplink_sync import OUTRANKS, UplinkSync
from ampradio.phy.uplink_sync_hits import UplinkSyncHits


def first_sync(
    sync: UplinkSync,
    samples: npt.NDArray[np.complex64],
    floor: npt.NDArray[np.float64],
    begin: npt.NDArray[np.intp],
) -> UplinkSyncHits:
    """Return the first sync in each row of ``samples`` (packets, n) from ``begin`` (packets,) on.

    Its timing counts from sample 0. ``floor`` (packets,) is the noise power per sample, 0 where unknown.
    """
    packets, count = samples.shape
    step = sync.block * sync.grid
    if accelerator.is_on() and not begin.any() and count >= sync.reach:
        hits = sync.search(samples, floor, (count - sync.reach) // step + 1)
        again = hits.found.nonzero()[0]
        if again.size:
            look_again(sync, samples, floor, again, hits)
        return hits
    position = begin.copy()
    hits = UplinkSyncHits.none(packets)
    while True:
        rows = np.flatnonzero(~hits.found & (position <= max(count - sync.reach, 0)))
        if not rows.size:
            return hits
        _look(sync, samples, floor, position, rows, hits)
        again = rows[hits.found[rows]]
        if again.size:
            look_again(sync, samples, floor, again, hits)
        position[rows] += step


def look_again(
    sync: UplinkSync,
    samples: npt.NDArray[np.complex64],
    floor: npt.NDArray[np.float64],
    again: npt.NDArray[np.intp],
    hits: UplinkSyncHits,
) -> None:
    """Search once more where what was found ``again`` may not be what it seems."""
    unsettled = again[hits.unsettled[again]]
    if unsettled.size:  # lest that was a sidelobe
        _look(sync, samples, floor, hits.timing.start.astype(np.intp), unsettled, hits)
    energies, floors = hits.energy.tolist(), floor.tolist()
    weak = [row for row in again.tolist() if sync.is_weak(energies[row], floors[row])]
    if weak:
        first = hits.timing.start.astype(np.intp)
        for later in sync.later_looks:  # lest it was noise before a PPDU
            _look(sync, samples, floor, first + later, np.array(weak, np.intp), hits, OUTRANKS)


def _look(
    sync: UplinkSync,
    samples: npt.NDArray[np.complex64],
    floor: npt.NDArray[np.float64],
    position: npt.NDArray[np.intp],
    rows: npt.NDArray[np.intp],
    hits: UplinkSyncHits,
    times: float = 1.0,
) -> None:
    """Search ``rows`` from their ``position`` and put what is so many ``times`` stronger than theirs into ``hits``."""
    if not rows.size:
        return
    first = position[rows]
    new = sync.search(rows_from(samples, first, sync.reach, rows), floor[rows])
    better = new.found & (new.energy > times * hits.energy[rows])
    where = rows[better]
    hits.found[where] = True
    hits.timing.start[where] = first[better] + new.timing.start[better]
    hits.timing.stretch[where], hits.carrier_hz[where] = new.timing.stretch[better], new.carrier_hz[better]
    hits.energy[where], hits.unsettled[where] = new.energy[better], new.unsettled[better]


def rows_from(
    samples: npt.NDArray[np.complex64],
    first: npt.NDArray[np.intp],
    count: int,
    rows: npt.NDArray[np.intp] | None = None,
) -> npt.NDArray[np.complex64]:
    """Return ``count`` samples of each row of ``samples`` (packets, n) from ``first`` (packets,) on, zero outside.

    With ``rows`` (some,) only those of the packets, each from its ``first`` (some,) on.
    """
    out = np.empty((first.size, count), np.complex64)
    which = range(first.size) if rows is None else rows.tolist()
    for each, (row, begin) in enumerate(zip(which, first.tolist(), strict=True)):
        low, high = max(begin, 0), max(min(begin + count, samples.shape[1]), 0)
        if high > low:
            out[each, low - begin : high - begin] = samples[row, low:high]
        if high - low < count:
            out[each, : max(low - begin, 0)] = 0
            out[each, max(high - begin, 0) :] = 0
    return out
