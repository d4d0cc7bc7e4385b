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
def grid_sums(parts: _Floats, fine: _Floats, advance: _Floats, sums: _Floats) -> None:
    """Write the integrals over each grid step under one carrier into ``sums`` (2, steps), from those of ``split``.

    What turns the carrier back is given by real and imaginary parts: within a step, ``fine`` (2, grid), and from step
    to step, ``advance`` (2, steps).
    """
    sums[:] = _F(0)
    fours = fine.shape[1] // 4 * 4
    for each in range(0, fours, 4):
        four = slice(each, each + 4)
        _turn_four(parts[0, four], parts[1, four], fine[0, four], fine[1, four], sums)
    for each in range(fours, fine.shape[1]):
        _turn_one(parts[0, each], parts[1, each], fine[0, each], fine[1, each], sums)
    real, imag, cosines, sines = sums[0], sums[1], advance[0], advance[1]
    for step in range(real.size):
        turned = real[step] * cosines[step] - imag[step] * sines[step]
        imag[step] = real[step] * sines[step] + imag[step] * cosines[step]
        real[step] = turned


@compiled()
def _sums_of(row: _Floats, count: int, out: _Floats) -> None:
    """Write the sums of ``count`` neighbours into ``out``, four in one pass."""
    size = out.size
    out[:] = row[:size]
    at = 1
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
def _add_four(row: _Floats, energy: _Floats, apart: int, signs: _Floats) -> None:
    size = row.size
    one, two = energy[:size], energy[apart : apart + size]
    three, four = energy[2 * apart : 2 * apart + size], energy[3 * apart : 3 * apart + size]
    for each in range(size):
        early = signs[0] * one[each] + signs[1] * two[each]
        row[each] += early + (signs[2] * three[each] + signs[3] * four[each])


@compiled()
def _add(row: _Floats, more: _Floats) -> None:
    for each in range(row.size):  # of a slice: an index that is a sum might be negative, and would be looked at singly
        row[each] += more[each]


@compiled()
def _stands_out(row: _Floats, least: _Floats) -> bool:
    number = 0
    for place in range(row.size):  # without a branch, so that it goes side by side
        number += row[place] > least[place]
    return number > 0


@compiled()
def score(
    energy: _Floats, signs: _Floats, bases: _Whole, per_chip: int, noise: np.float32, contrast: np.float32,
    scores: _Floats, work: _Floats, some: _Whole, count: int, first: int,
) -> int:  # fmt: skip
    """Write ON minus OFF energy under each clock into ``scores`` (clocks, block); where it stands out, into ``some``.

    A clock moves the parts of the word, ``bases`` (clocks, parts), as wholes. Places count from ``first``; ``some``
    holds ``count`` already. Return how many it holds then. ``work`` (3, more than block) is for scratch.
    """
    clocks, block = scores.shape
    parts = bases.shape[1]
    chips = signs.size // parts
    total = work[2, :block]
    scores[:], total[:] = _F(0), _F(0)
    fours = np.ones(4, np.float32)
    for part in range(parts):
        low = bases[:, part].min()
        size = bases[:, part].max() - low + block
        some_of_it = energy[low:]
        difference = work[0, :size]
        difference[:] = _F(0)
        for chip in range(0, chips, 4):
            at = part * chips + chip
            _add_four(difference, some_of_it[chip * per_chip :], per_chip, signs[at : at + 4])
        for clock in range(clocks):
            begin = bases[clock, part] - low
            _add(scores[clock], difference[begin : begin + block])
        reach = block + (chips - 4) * per_chip
        four = work[1, :reach]
        four[:] = _F(0)
        _add_four(four, energy[bases[clocks // 2, part] :], per_chip, fours)
        for chip in range(0, chips, 4):
            _add(total, four[chip * per_chip : chip * per_chip + block])
    for place in range(block):
        work[1, place] = max(contrast * total[place], noise)
    for clock in range(clocks):
        for begin in range(0, block, _LOOKED_AT):
            here = slice(begin, min(begin + _LOOKED_AT, block))
            if _stands_out(scores[clock, here], work[1, here]):
                for place in range(begin, min(begin + _LOOKED_AT, block)):
                    if scores[clock, place] > work[1, place]:
                        some[count] = first + clock * block + place
                        count += 1
    return count
