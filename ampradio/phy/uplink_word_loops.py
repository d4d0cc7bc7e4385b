"""Which of the places that stand out an uplink's AMP-Sync begins at, as plain loops for the accelerator.

Its ON chips are added up coherently, which tells the carrier: the second stage of ``uplink_sync``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_likeness import NO_SIDELOBE
from ampradio.phy.uplink_score_loops import reaches

_Floats = npt.NDArray[np.float32]
_Reals = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int64]
_F = np.float32
SearchTables = tuple[
    _Floats, _Floats, _Floats, _Whole, _Whole, _Whole, _Floats, int, int, int, _Floats, _Floats, _Reals
]
_Told = tuple[_Floats, np.float32, np.float32, _Floats, _Floats, _Floats]
_Sums = tuple[np.float32, np.float32, np.float32]
_TINY = np.float32(1.1754944e-38)
_NO_SIDELOBE = np.float32(NO_SIDELOBE)
_ROUNDED, _ROUNDED_DOWN, _UNKNOWN, _NO_WORD = np.float32(1.00001), np.float32(0.99999), np.float32(-1), np.float32(-2)


@compiled()
def _is_alike(sums: _Sums, ons: int, offs: int, floor: np.float32, likeness: _Floats) -> bool:
    """Return whether the chip energies of ``sums`` correlate with the word as they should at this SNR."""
    signal = max(sums[0] / _F(ons) - floor, _F(0)) + _TINY
    mean = signal / (signal + _F(2) * floor)
    least = mean * (likeness[0] + likeness[1] * max(mean - likeness[2], _F(0)))
    return _correlates(sums, ons, offs, least)


@compiled()
def _correlates(sums: _Sums, ons: int, offs: int, least: np.float32) -> bool:
    """Return whether the chip energies of ``sums`` correlate with the word by more than ``least``."""
    on, off, squares = sums
    count, total = _F(ons + offs), on + off
    middle = total / count
    match = on - off - middle * _F(ons - offs)
    return bool(match > least * math.sqrt(max(squares - total * middle, _F(0)) * count))


@compiled()
def _pick(sums: _Floats, ons: _Whole, offs: _Whole, word: _Floats) -> _Sums:
    """Write the ON chips of the word that ``sums`` begin with into ``word``; ``ons`` and ``offs`` are where chips are.

    Return what its ON chips have in energy, what its OFF chips have, and what the squares of both add up to.
    """
    on = off = squares = more = _F(0)
    for chip in range(ons.size):
        at = ons[chip]
        each = sums[2, at]
        word[0, chip], word[1, chip] = sums[0, at], sums[1, at]
        on, squares = on + each, squares + each * each
    for chip in range(offs.size):
        each = sums[2, offs[chip]]
        off, more = off + each, more + each * each
    return on, off, squares + more


@compiled()
def _most(energy: _Floats, ons: _Whole) -> np.float32:
    """Return what the ON chips, at ``ons``, have if they all add up, a little more for rounding."""
    one = two = _F(0)
    for chip in range(0, ons.size - 1, 2):
        one += energy[ons[chip]]
        two += energy[ons[chip + 1]]
    if ons.size % 2:
        one += energy[ons[-1]]
    return _ROUNDED * (one + two)


@compiled()
def _add_turned(row: _Floats, phasors: _Floats, some: _Floats) -> None:
    """Add to ``row`` the rows of ``phasors`` (n, 2 · bins), each times one of ``some`` (n,)."""
    at = 0
    while at + 8 <= some.size:
        one, two, three, four = phasors[at], phasors[at + 1], phasors[at + 2], phasors[at + 3]
        five, six, seven, eight = phasors[at + 4], phasors[at + 5], phasors[at + 6], phasors[at + 7]
        a, b, c, d = some[at], some[at + 1], some[at + 2], some[at + 3]
        e, f, g, h = some[at + 4], some[at + 5], some[at + 6], some[at + 7]
        for each in range(row.size):
            early = (a * one[each] + b * two[each]) + (c * three[each] + d * four[each])
            row[each] += early + ((e * five[each] + f * six[each]) + (g * seven[each] + h * eight[each]))
        at += 8
    while at < some.size:
        one, a = phasors[at], some[at]
        for each in range(row.size):
            row[each] += a * one[each]
        at += 1


@compiled()
def _powers(real: _Floats, imag: _Floats, above: _Floats, below: _Floats) -> None:
    """Write the powers of the bins on both sides, from what real and imaginary parts add up to, (2, bins) each."""
    one, two, three, four = real[0], imag[1], imag[0], real[1]
    for each in range(above.size):
        left, right = one[each] + two[each], three[each] - four[each]
        above[each] = left * left + right * right
    for each in range(below.size):
        left, right = one[each] - two[each], three[each] + four[each]
        below[each] = left * left + right * right


@compiled()
def _loudest(word: _Floats, spectrum: _Floats, least: np.float32, heard: _Floats) -> tuple[int, np.float32]:
    """Return the bin, either side of the carrier, in which the ON chips in ``word`` (2, chips) add up to most.

    And their energy there, ``_NO_WORD`` if that is not above ``least``. ``spectrum`` (ON chips, 2, bins) are the
    phasors of the bins on one side; ``heard`` (3, 2, bins) is for scratch.
    """
    heard[:2] = _F(0)
    ons, bins = spectrum.shape[0], spectrum.shape[2]
    phasors = spectrum.reshape(ons, 2 * bins)
    for half in range(2):
        _add_turned(heard[half].ravel(), phasors, word[half])
    above, below = heard[2, 0], heard[2, 1]
    _powers(heard[0], heard[1], above, below)
    about = _ROUNDED_DOWN * least * _F(ons)
    if not reaches(above, about) and not reaches(below, about):
        return 0, _NO_WORD
    best, most = 0, _F(-1)
    for each in range(bins):
        if above[each] > most or below[each] > most:
            best, most = (each, above[each]) if above[each] >= below[each] else (-each, below[each])
    energy = most / _F(ons)
    return (best, energy) if energy > least else (0, _NO_WORD)


@compiled()
def _energy(sums: _Floats, ons: _Whole, offs: _Whole, told: _Told) -> tuple[int, np.float32]:
    """Return bin and energy of the word that ``sums`` begin with; an energy of ``_NO_WORD`` if it is none.

    ``told``: the spectrum, the noise energy of a chip, what the word must exceed, the likeness; and room to work in.
    """
    spectrum, floor, coherent, likeness, word, heard = told
    picked = _pick(sums, ons, offs, word)
    if not _is_alike(picked, ons.size, offs.size, floor, likeness):
        return 0, _NO_WORD
    return _loudest(word, spectrum, coherent * max(picked[1] / _F(offs.size), floor), heard)


@compiled()
def _loudest_from(
    first: int, last: int, best: int, sums: _Floats, ons: _Whole, offs: _Whole, carrier: _Whole, clock: _Whole,
    position: _Whole, reach: _Floats, order: _Whole, energies: _Floats, bins: _Whole, told: _Told,
) -> int:  # fmt: skip
    """Return which candidate from ``first`` to ``last``, or else ``best``, is a word of most energy, −1 for none.

    ``reach`` is what each may have at most, and ``order`` theirs by that, most first; what comes to be known of them
    goes into ``energies`` and ``bins``.
    """
    for index in order:
        if best >= 0 and reach[index] <= energies[best]:
            break  # none of the others can be louder
        if not first <= position[index] <= last:
            continue
        if energies[index] == _UNKNOWN:
            here = sums[carrier[index], :, position[index] :]
            bins[index], energies[index] = _energy(here, ons[clock[index]], offs[clock[index]], told)
        if energies[index] > 0 and (best < 0 or energies[index] > energies[best]):
            best = index
    return best


@compiled()
def _places(some: _Whole, clocks: int, block: int) -> _Whole:
    """Return carrier, clock and position of ``some`` places (n,) in rising order, (3, n)."""
    out, carrier, clock, begin = np.empty((3, some.size), np.int64), 0, 0, 0
    for index in range(some.size):
        while some[index] >= begin + block:  # a division takes longer
            clock, begin = clock + 1, begin + block
            if clock == clocks:
                carrier, clock = carrier + 1, 0
        out[0, index], out[1, index], out[2, index] = carrier, clock, some[index] - begin
    return out


@compiled()
def best_of(
    sums: _Floats, scored: _Floats, some: _Whole, of_chip: np.float32, sidelobe: int, tables: SearchTables
) -> tuple[int, int, int, int, np.float32, bool]:
    """Return position, clock, carrier, bin and energy of the first sync at ``some`` of the places that stand out.

    An energy of 0 says that there is none. Last: whether it is surely no sidelobe.
    """
    _, _, signs, offsets, _, _, spectrum, _, _, _, thresholds, likeness, _ = tables
    most, clocks, block = int(thresholds[3]), scored.shape[1], scored.shape[2]
    if some.size > most:
        scores = scored.ravel()[some]
        some = some[scores >= np.partition(scores, some.size - most)[some.size - most]]
    ons, offs = offsets[:, np.flatnonzero(signs > 0)], offsets[:, np.flatnonzero(signs < 0)]
    word, sizes = np.empty((2, ons.shape[1]), np.float32), (ons.shape[1], offs.shape[1])
    heard, of_peak = np.empty((3, 2, spectrum.shape[2]), np.float32), likeness.copy()
    of_peak[0] = likeness[3]
    told = (spectrum, of_chip, thresholds[2], of_peak, word, heard)
    carrier, clock, position = _places(some, clocks, block)
    energies, bins = np.full(some.size, _UNKNOWN), np.zeros(some.size, np.int64)
    reach, stop = np.empty(some.size, np.float32), position.min() + sidelobe
    for index in range(some.size):
        reach[index] = _most(sums[carrier[index], 2, position[index] :], ons[clock[index]])
    of_all = (sums, ons, offs, carrier, clock, position, reach, np.argsort(-reach))
    best = _loudest_from(0, stop, -1, *of_all, energies, bins, told)
    if best >= 0:  # most often it is at once what looking for the first would come to
        picked = _pick(sums[carrier[best], :, position[best] :], ons[clock[best]], offs[clock[best]], word)
        is_sure, is_none = _is_alike(picked, *sizes, of_chip, likeness), _correlates(picked, *sizes, _NO_SIDELOBE)
        if is_sure and best == _loudest_from(stop + 1, position[best] + sidelobe, best, *of_all, energies, bins, told):
            return position[best], clock[best], carrier[best], bins[best], energies[best], is_none
    first = block
    for index in np.argsort(position):
        at = (sums[carrier[index], :, position[index] :], ons[clock[index]], offs[clock[index]])
        if energies[index] == _UNKNOWN:
            bins[index], energies[index] = _energy(*at, told)
        if energies[index] > 0 and _is_alike(_pick(*at, word), *sizes, of_chip, likeness):
            first = position[index]
            break
    if first == block:
        return 0, 0, 0, 0, _F(0), False
    for _ in range(2):  # what was taken for the first may have been a sidelobe of the next
        best = _loudest_from(first, first + sidelobe, -1, *of_all, energies, bins, told)
        first = position[best]
    picked = _pick(sums[carrier[best], :, position[best] :], ons[clock[best]], offs[clock[best]], word)
    is_none = _correlates(picked, *sizes, _NO_SIDELOBE)
    return position[best], clock[best], carrier[best], bins[best], energies[best], is_none
