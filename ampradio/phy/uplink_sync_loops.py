"""The search for an uplink's AMP-Sync, packet by packet, as plain loops for the accelerator: see ``uplink_sync``.

The first of its two stages is ``uplink_score_loops``, the second ``uplink_word_loops``; ``uplink_coarse_loops`` says
where neither need look.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_coarse_loops import chip_energies, standing_out
from ampradio.phy.uplink_score_loops import chip_sums, grid_sums, score, split
from ampradio.phy.uplink_word_loops import SearchTables, best_of

_Samples = npt.NDArray[np.complex64]
_Floats = npt.NDArray[np.float32]
_Reals = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int64]
_F = np.float32


@compiled()
def _search_block(
    samples: _Samples, block: int, noise: np.float32, of_chip: np.float32, tables: SearchTables
) -> tuple[int, int, int, int, np.float32, bool]:
    """Return what ``best_of`` does of the first ``block`` places in ``samples``."""
    fine, advance, signs, offsets, bases, _, _, reach, whole, sidelobe, thresholds, _, _ = tables
    carriers, clocks, grid = fine.shape[0], offsets.shape[0], fine.shape[2]
    positions, per_chip = reach - whole + block, advance.shape[2] - reach
    sums = np.empty((carriers, 3, positions), np.float32)
    scored = np.empty((carriers, clocks, block), np.float32)
    wide = positions + per_chip
    parts, steps = np.empty((2, grid, wide), np.float32), np.empty((2, wide), np.float32)
    rows, places = np.empty((bases.shape[1], positions), np.float32), np.empty(scored.size, np.int64)
    passed = 0
    split(samples, grid, parts)
    for tried in range(carriers):
        grid_sums(parts, fine[tried], advance[tried], steps)
        chip_sums(steps, sums[tried])
        here = (scored[tried], rows, places, passed, tried * clocks * block)
        passed = score(sums[tried, 2], signs, bases, per_chip, noise, thresholds[1], *here)
    if not passed:
        return 0, 0, 0, 0, _F(0), False
    return best_of(sums, scored, places[:passed], of_chip, sidelobe, tables)


@compiled()
def search_row(
    samples: _Samples, floor: float, blocks: int, tables: SearchTables
) -> tuple[float, float, float, float, bool]:
    """Return start, stretch, carrier in Hz and energy, 0 if there is none, of the first sync: see ``search_each``.

    Last: whether it may be a sidelobe, or the flank, of one past its block.
    """
    fine, advance, signs, _, _, ons, _, positions, block, sidelobe, thresholds, _, banks = tables
    grid, per_chip = fine.shape[2], advance.shape[2] - positions
    noise, of_chip = _F(floor) * thresholds[0], _F(floor) * thresholds[4]
    coarsely, reach = ons.size > 0 and noise > 0, (signs.size - 1) * per_chip
    size = block + reach if coarsely else 0
    energy, work = np.empty(size, np.float32), np.empty(3 * size, np.float32)
    for ahead in range(blocks):
        first, last = 0, block
        if coarsely:
            ready = reach if ahead else 0
            energy[:ready] = energy[size - ready :]
            row = samples[ahead * block + ready :].view(np.float32)
            chip_energies(row, per_chip, work, energy[ready:])
            first, last = standing_out(energy, ons, signs.size, per_chip, noise, thresholds[1], block, work)
            if first == last:
                continue
            first, last = max(first - 2 * per_chip, 0), min(last + 2 * per_chip, block)
        here = samples[(ahead * block + first) * grid :]
        position, clock, carrier, bin_, heard, is_none = _search_block(here, last - first, noise, of_chip, tables)
        if heard > 0:
            left = block - (first + position)
            unsettled = left < per_chip or (left < sidelobe and not is_none)
            start, stretch = float((ahead * block + first + position) * grid), banks[0, clock]
            fine_of_it = bin_ / (banks[2, 1] * grid * per_chip * stretch)
            return start, stretch, (banks[1, carrier] + fine_of_it) * banks[2, 0], float(heard), unsettled
    return 0.0, 1.0, 0.0, 0.0, False


@compiled(
    "void(complex64[:, ::1], float64[::1], int64, float64[:, ::1], float32[:, :, ::1], float32[:, :, ::1],"
    " float32[::1], int64[:, ::1], int64[:, ::1], int64[::1], float32[:, :, ::1], int64, int64, int64, float32[::1],"
    " float32[::1], float64[:, ::1])"
)
def search_each(
    samples: _Samples,
    floor: _Reals,
    blocks: int,
    found: _Reals,
    fine: _Floats,
    advance: _Floats,
    signs: _Floats,
    offsets: _Whole,
    bases: _Whole,
    ons: _Whole,
    spectrum: _Floats,
    positions: int,
    block: int,
    sidelobe: int,
    thresholds: _Floats,
    likeness: _Floats,
    banks: _Reals,
) -> None:
    """Write start, stretch, carrier in Hz and energy of the first sync in each of ``samples`` into ``found``.

    ``fine`` (carriers, 2, grid) and ``advance`` (carriers, 2, steps) are as for ``grid_sums``; ``ons`` as for
    ``standing_out``, none if it is not to be asked.
    ``found`` (5, packets): an energy of 0 says that there is none; last, 1 if it is unsettled. ``thresholds``: how much
    of the floor and of the energy present the word must exceed, and of the noise of a chip when added up coherently;
    how many candidates are looked at so; samples per chip. ``likeness``: of a sync, how that grows, from where on; of
    its peak. ``blocks`` are searched, one after the other, until there is one. ``banks`` (3, …): the clocks; the
    carriers in cycles a sample; the sample rate and the bins to a chip rate.
    """
    places = (offsets, bases, ons)
    tables = (fine, advance, signs, *places, spectrum, positions, block, sidelobe, thresholds, likeness, banks)
    for packet in range(samples.shape[0]):
        start, stretch, carrier_hz, energy, unsettled = search_row(samples[packet], floor[packet], blocks, tables)
        found[0, packet], found[1, packet], found[2, packet], found[3, packet] = start, stretch, carrier_hz, energy
        found[4, packet] = 1.0 if unsettled else 0.0
