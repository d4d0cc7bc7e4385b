"""Where a block of samples may have an uplink's AMP-Sync at all, as plain loops for the accelerator.

One carrier and one clock in the middle of their banks, and seven tenths of what the search asks of it over noise. That
is where a receiver mostly looks, and this says no at a third of the cost; no word that can be read is that weak.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_score_loops import add_four, reaches

_Floats = npt.NDArray[np.float32]
_Whole = npt.NDArray[np.int64]
_F = np.float32
_LOOKED_AT = 16  # places at once
_OF_NOISE = np.float32(0.7)  # of what the search asks; a word at the ends of both banks keeps half of its energy


@compiled()
def _add_two(row: _Floats, one: _Floats, two: _Floats) -> None:
    for each in range(row.size):
        row[each] += one[each] + two[each]


@compiled()
def _add_six(row: _Floats, energy: _Floats, places: _Whole) -> None:
    """Add to ``row`` the energies from six ``places`` on."""
    size = row.size
    one, two = energy[places[0] :][:size], energy[places[1] :][:size]
    three, four = energy[places[2] :][:size], energy[places[3] :][:size]
    five, six = energy[places[4] :][:size], energy[places[5] :][:size]
    for each in range(size):
        row[each] += ((one[each] + two[each]) + (three[each] + four[each])) + (five[each] + six[each])


@compiled()
def chip_energies(row: _Floats, chip: int, work: _Floats, energy: _Floats) -> None:
    """Write the energies of chips of so many samples, one from each sample on, into ``energy``, all carriers as one.

    ``row``: the samples, real and imaginary parts in turn; ``work`` has twice the size of ``energy``, or more.
    """
    sums = work[: 2 * energy.size]
    size = sums.size
    if chip % 2:
        sums[:] = row[:size]
    else:
        sums[:] = _F(0)
    for at in range(chip % 2, chip, 2):
        _add_two(sums, row[2 * at : 2 * at + size], row[2 * at + 2 : 2 * at + 2 + size])
    for each in range(energy.size):
        energy[each] = sums[2 * each] * sums[2 * each] + sums[2 * each + 1] * sums[2 * each + 1]


@compiled()
def standing_out(
    energy: _Floats, ons: _Whole, chips: int, per_chip: int, noise: np.float32, contrast: np.float32, block: int,
    work: _Floats,
) -> tuple[int, int]:  # fmt: skip
    """Return from where up to where words of the first ``block`` places of ``energy`` may be found, 0 and 0 for none.

    ``ons`` are the steps to the ON chips, a multiple of six of them, of ``chips`` chips, a multiple of sixteen.
    ``noise`` and ``contrast``, of all the energy there is, are what the search asks of ON minus OFF.
    """
    on, total = work[:block], work[block : 2 * block]
    fours = work[2 * block : 3 * block + (chips - 4) * per_chip]
    work[: 3 * block + (chips - 4) * per_chip] = _F(0)
    for chip in range(0, ons.size, 6):
        _add_six(on, energy, ons[chip : chip + 6])
    add_four(fours, energy, per_chip)
    for chip in range(0, chips, 16):
        add_four(total, fours[chip * per_chip :], 4 * per_chip)
    least = _OF_NOISE * noise
    for place in range(block):
        on[place] = _F(2) * on[place] - total[place] - max(least, contrast * total[place])
    first, last = block, 0
    for begun in range(0, block, _LOOKED_AT):
        stop = min(begun + _LOOKED_AT, block)
        if reaches(on[begun:stop], _F(0)):
            first, last = min(first, begun), stop
    return (first, last) if last else (0, 0)
