"""How much each place of a block looks like an uplink's AMP-Sync, as plain loops for the accelerator.

Chips are integrated under every carrier of a bank and the ON chips' energy is held against the OFF chips': the first
stage of ``uplink_sync``, whose second is ``uplink_sync_loops``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Samples = npt.NDArray[np.complex64]
_Floats = npt.NDArray[np.float32]
_Whole = npt.NDArray[np.int64]
_F = np.float32
_LOOKED_AT = 64  # places at once: hardly any stands out


@compiled()
def split(samples: _Samples, grid: int, parts: _Floats) -> None:
    """Write real and imaginary parts of ``samples`` into ``parts`` (2, grid, steps): one row for each place in a step.

    Rows that lie one after the other are what a vector unit adds up at full speed.
    """
    for each in range(grid):
        real, imag = parts[0, each], parts[1, each]
        for step in range(real.size):
            given = samples[step * grid + each]
            real[step], imag[step] = given.real, given.imag


@compiled()
def _turn_one(real: _Floats, imag: _Floats, cosine: np.float32, sine: np.float32, sums: _Floats) -> None:
    real_sums, imag_sums = sums[0], sums[1]
    for step in range(real.size):
        real_sums[step] += real[step] * cosine - imag[step] * sine
        imag_sums[step] += real[step] * sine + imag[step] * cosine


@compiled()
def _turn_four(real: _Floats, imag: _Floats, cosines: _Floats, sines: _Floats, sums: _Floats) -> None:
    real_sums, imag_sums = sums[0], sums[1]
    for step in range(real_sums.size):
        early = real[0, step] * cosines[0] - imag[0, step] * sines[0]
        early += real[1, step] * cosines[1] - imag[1, step] * sines[1]
        late = real[2, step] * cosines[2] - imag[2, step] * sines[2]
        real_sums[step] += early + (late + (real[3, step] * cosines[3] - imag[3, step] * sines[3]))
        early = real[0, step] * sines[0] + imag[0, step] * cosines[0]
        early += real[1, step] * sines[1] + imag[1, step] * cosines[1]
        late = real[2, step] * sines[2] + imag[2, step] * cosines[2]
        imag_sums[step] += early + (late + (real[3, step] * sines[3] + imag[3, step] * cosines[3]))


@compiled()
def _turn(real: _Floats, imag: _Floats, advance: _Floats, sums: _Floats) -> None:
    real_sums, imag_sums, cosines, sines = sums[0], sums[1], advance[0], advance[1]
    for step in range(real_sums.size):
        one, two = real[step], imag[step]
        real_sums[step] = one * cosines[step] - two * sines[step]
        imag_sums[step] = one * sines[step] + two * cosines[step]


@compiled()
def grid_sums(parts: _Floats, fine: _Floats, advance: _Floats, sums: _Floats) -> None:
    """Write the integrals over each grid step under one carrier into ``sums`` (2, steps), from those of ``split``.

    What turns the carrier back is given by real and imaginary parts: within a step, ``fine`` (2, grid), and from step
    to step, ``advance`` (2, steps).
    """
    if fine.shape[1] == 1:  # nothing turns within a step
        _turn(parts[0, 0], parts[1, 0], advance, sums)
        return
    sums[:] = _F(0)
    fours = fine.shape[1] // 4 * 4
    for each in range(0, fours, 4):
        four = slice(each, each + 4)
        _turn_four(parts[0, four], parts[1, four], fine[0, four], fine[1, four], sums)
    for each in range(fours, fine.shape[1]):
        _turn_one(parts[0, each], parts[1, each], fine[0, each], fine[1, each], sums)
    _turn(sums[0], sums[1], advance, sums)


@compiled()
def _sums_of(row: _Floats, count: int, out: _Floats) -> None:
    """Write the sums of ``count`` neighbours into ``out``, as many as can be in one pass."""
    size = out.size
    if count < 4:
        out[:] = row[:size]
        for at in range(1, count):
            more = row[at : at + size]
            for each in range(size):
                out[each] += more[each]
        return
    one, two, three, four = row[:size], row[1 : 1 + size], row[2 : 2 + size], row[3 : 3 + size]
    if count == 5:
        five = row[4 : 4 + size]
        for each in range(size):
            out[each] = (one[each] + two[each]) + (three[each] + four[each]) + five[each]
        return
    for each in range(size):
        out[each] = (one[each] + two[each]) + (three[each] + four[each])
    at = 4
    while at + 2 < count:
        one, two, three = row[at : at + size], row[at + 1 : at + 1 + size], row[at + 2 : at + 2 + size]
        for each in range(size):
            out[each] += one[each] + (two[each] + three[each])
        at += 3
    while at < count:
        one = row[at : at + size]
        for each in range(size):
            out[each] += one[each]
        at += 1


@compiled()
def chip_sums(sums: _Floats, out: _Floats) -> None:
    """Write real and imaginary part of the chip integrals at every grid step, and their energy, into ``out`` (3, n)."""
    per_chip = sums.shape[1] - out.shape[1]
    for half in range(2):
        _sums_of(sums[half], per_chip, out[half])
    real, imag, energy = out[0], out[1], out[2]
    for position in range(energy.size):
        energy[position] = real[position] * real[position] + imag[position] * imag[position]


@compiled()
def add_four(row: _Floats, energy: _Floats, apart: int) -> None:
    """Add to ``row`` the energies of four chips so many steps ``apart``."""
    size = row.size
    one, two = energy[:size], energy[apart : apart + size]
    three, four = energy[2 * apart : 2 * apart + size], energy[3 * apart : 3 * apart + size]
    for each in range(size):
        row[each] += (one[each] + two[each]) + (three[each] + four[each])


@compiled()
def _add_signed(row: _Floats, energy: _Floats, apart: int, signs: _Floats) -> None:
    """Add to ``row`` the energies of six chips so many steps ``apart``, each with its sign."""
    size, a, b, c, d, e, f = row.size, signs[0], signs[1], signs[2], signs[3], signs[4], signs[5]
    one, two = energy[:size], energy[apart : apart + size]
    three, four = energy[2 * apart : 2 * apart + size], energy[3 * apart : 3 * apart + size]
    five, six = energy[4 * apart : 4 * apart + size], energy[5 * apart : 5 * apart + size]
    for each in range(size):
        early = (a * one[each] + b * two[each]) + c * three[each]
        row[each] += early + ((d * four[each] + e * five[each]) + f * six[each])


@compiled()
def _add_up(one: _Floats, two: _Floats, three: _Floats, four: _Floats, out: _Floats) -> None:
    for each in range(out.size):  # of slices: an index that is a sum might be negative, and would be looked at singly
        out[each] = (one[each] + two[each]) + (three[each] + four[each])


@compiled()
def reaches(row: _Floats, least: np.float32) -> bool:
    """Return whether any of ``row`` is above ``least``."""
    number = 0
    for place in range(row.size):  # without a branch, so that it goes side by side
        number += row[place] > least
    return number > 0


@compiled()
def _stands_out(row: _Floats, least: _Floats) -> bool:
    number = 0
    for place in range(row.size):
        number += row[place] > least[place]
    return number > 0


@compiled()
def _all_energy(energy: _Floats, begins: _Whole, chips: int, per_chip: int, work: _Floats, total: _Floats) -> None:
    """Write the energy of all chips of the word into ``total``: of four parts of so many ``chips``, from ``begins``."""
    block, reach = total.size, total.size + (chips - 4) * per_chip
    four = work[:reach]
    total[:] = _F(0)
    for part in range(begins.size):
        four[:] = _F(0)
        add_four(four, energy[begins[part] :], per_chip)
        for chip in range(0, chips, 4):
            more = four[chip * per_chip : chip * per_chip + block]
            for each in range(block):
                total[each] += more[each]


@compiled()
def score(
    energy: _Floats, signs: _Floats, bases: _Whole, per_chip: int, noise: np.float32, contrast: np.float32,
    scores: _Floats, work: _Floats, some: _Whole, count: int, first: int,
) -> int:  # fmt: skip
    """Write ON minus OFF energy under each clock into ``scores`` (clocks, block); where it stands out, into ``some``.

    A clock moves the parts of the word, ``bases`` (clocks, parts), as wholes. Places count from ``first``; ``some``
    holds ``count`` already. Return how many it holds then. ``work`` (parts, positions) is for scratch; there are four
    parts of a multiple of twelve chips.
    """
    clocks, block = scores.shape
    parts = bases.shape[1]
    chips = signs.size // parts
    reached = False
    lows = np.empty(parts, np.int64)
    for part in range(parts):
        lows[part] = bases[:, part].min()
        difference = work[part, : bases[:, part].max() - lows[part] + block]
        difference[:] = _F(0)
        for chip in range(0, chips, 6):
            at = part * chips + chip
            _add_signed(difference, energy[lows[part] + chip * per_chip :], per_chip, signs[at : at + 6])
    for clock in range(clocks):
        begin = bases[clock] - lows
        one, two = work[0, begin[0] : begin[0] + block], work[1, begin[1] : begin[1] + block]
        three, four = work[2, begin[2] : begin[2] + block], work[3, begin[3] : begin[3] + block]
        _add_up(one, two, three, four, scores[clock])
        reached |= reaches(scores[clock], noise)
    if not reached:
        return count
    least = work[0, :block]
    _all_energy(energy, bases[clocks // 2], chips, per_chip, work[1], work[2, :block])
    total = work[2, :block]
    for place in range(block):
        least[place] = max(contrast * total[place], noise)
    for clock in range(clocks):
        for begun in range(0, block, _LOOKED_AT):
            here = slice(begun, min(begun + _LOOKED_AT, block))
            if _stands_out(scores[clock, here], least[here]):
                for place in range(begun, min(begun + _LOOKED_AT, block)):
                    if scores[clock, place] > least[place]:
                        some[count] = first + clock * block + place
                        count += 1
    return count
