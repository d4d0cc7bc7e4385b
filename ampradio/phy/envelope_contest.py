"""Which of several timings opens the eye of downlink bits widest: echoes can look like a clock error or a late start.

A regression on edges mends a timing that is off by less than half a chip, and follows edges wherever echoes put them.
What counts is how much the halves of bits differ; where that is little, other timings are tried (performance page,
section 3, step 6).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.edge_timing import ChipTiming, clock_limit
from ampradio.phy.envelope_chips import EnvelopeChips
from ampradio.phy.running_sum import integral_to

OPEN = 0.75  # of the bits' energy beyond noise in one of their halves; then nothing else is tried
MOST_BITS = 48  # looked at, the last ones
LATE = np.array((0.0, -0.3, 0.3, -0.6, 0.6))  # data chips at the first bit, from the sync alone
GAINED = np.array((0.0, -0.4, 0.4))  # data chips from the first bit to the last, from the sync alone
STEERING = np.array((0.0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9, -1.2, 1.2))  # data chips at the last bit, later


def widest(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, bits: int, done_bits: int
) -> ChipTiming:
    """Return ``timing``, good for the sync and ``done_bits``, or one near it if ``bits`` bits differ more by that.

    ``sums`` is the running sum (packets, n + 1); a bit is looked at by the energies of its halves alone.
    """
    limit = clock_limit(chips.tolerance_ppm)
    scale = off_scale(chips)
    if accelerator.is_on():
        from ampradio.phy.envelope_contest_loops import widest_each

        best = np.stack((timing.start, timing.stretch))
        chip = chips.data_chip
        tried = (LATE * chip, GAINED * chip, STEERING * chip, scale, OPEN, limit)
        widest_each(sums, chips.edges(2 * bits), chips.sync, done_bits, MOST_BITS, *tried, best)
        return ChipTiming(best[0], best[1])
    sync, edges = chips.edges(0), chips.edges(2 * bits)[chips.sync.size + 2 * max(0, bits - MOST_BITS) :]
    moved, turned = _changes(chips, edges, done_bits)
    off = _energies(sums, timing, sync) @ (chips.sync == 0) * scale
    halves = _energies(sums, timing, edges)
    beyond = np.add.reduce(halves, axis=1) - off * halves.shape[1]
    rows = np.flatnonzero(_opening(halves) < OPEN * beyond)
    if not rows.size:
        return timing
    each = np.repeat(rows, turned.size)
    start = timing.start[each] + np.tile(moved, rows.size)
    stretch = timing.stretch[each] + np.tile(turned, rows.size)
    opening = _opening(_energies(sums[each], ChipTiming(start, stretch), edges))
    opening[np.abs(stretch - 1) > limit] = 0.0
    best = np.argmax(opening.reshape(rows.size, -1), axis=1) + turned.size * np.arange(rows.size)
    better = ChipTiming(timing.start.copy(), timing.stretch.copy())
    better.start[rows], better.stretch[rows] = start[best], stretch[best]
    return better


def off_scale(chips: EnvelopeChips) -> float:
    """Return the length of a data chip over that of all OFF chips of the sync."""
    return chips.data_chip / (chips.sync_chip * int(np.count_nonzero(chips.sync == 0)))


def _changes(
    chips: EnvelopeChips, edges: npt.NDArray[np.float64], done_bits: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return what is tried, as additions to start and to stretch, first of all none."""
    if done_bits:
        middle = 0.5 * chips.data_end(2 * done_bits)
        turned = STEERING * chips.data_chip / (edges[-1] - middle)
        return -turned * middle, turned
    turned = np.tile(GAINED * chips.data_chip / (edges[-1] - edges[0]), LATE.size)
    return np.repeat(LATE * chips.data_chip, GAINED.size) - turned * edges[0], turned


def _energies(
    sums: npt.NDArray[np.float64], timing: ChipTiming, edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    at = integral_to(sums, timing.at(edges))
    return at[:, 1:] - at[:, :-1]


def _opening(halves: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    opening: npt.NDArray[np.float64] = np.add.reduce(np.abs(halves[:, 1::2] - halves[:, 0::2]), axis=1)
    return opening
