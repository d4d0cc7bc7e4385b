"""Which of the places that stand out an uplink's AMP-Sync begins at, as plain loops for the accelerator.

Its ON chips are added up coherently, which tells the carrier: the second stage of ``uplink_sync``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Floats = npt.NDArray[np.float32]
_Reals = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int64]
_F = np.float32
SearchTables = tuple[
    _Floats, _Floats, _Floats, _Whole, _Whole, _Whole, _Floats, int, int, int, _Floats, _Floats, _Reals
]
_Told = tuple[_Floats, np.float32, np.float32, _Floats, _Floats, _Floats, _Floats]
_TINY = np.float32(1.1754944e-38)
_ROUNDED, _UNKNOWN, _NO_WORD = np.float32(1.00001), np.float32(-1), np.float32(-2)


@compiled()
def _is_alike(each: _Floats, signs: _Floats, floor: np.float32, likeness: _Floats) -> bool:
    """Return whether the chip energies (48,) correlate with the word as they should at this SNR."""
    count, ons = signs.size, 0
    total = on = _F(0)
    for chip in range(count):
        total += each[chip]
        if signs[chip] > 0:
            ons, on = ons + 1, on + each[chip]
    signal = max(on / _F(ons) - floor, _F(0)) + _TINY
    mean = signal / (signal + _F(2) * floor)
    least = mean * (likeness[0] + likeness[1] * max(mean - likeness[2], _F(0)))
    middle, match, size = total / _F(count), _F(0), _F(0)
    for chip in range(count):
        spread = each[chip] - middle
        match += spread * signs[chip]
        size += spread * spread
    return bool(match > least * math.sqrt(size * _F(count)))


@compiled()
def _pick(
    sums: _Floats, signs: _Floats, offsets: npt.NDArray[np.int64], position: int, word: _Floats, each: _Floats
) -> np.float32:
    """Write the chips of a word that begins at ``position`` into ``word``, their energies into ``each``.

    Return the mean energy of its OFF chips.
    """
    quiet, offs = _F(0), 0
    for chip in range(signs.size):
        at = position + offsets[chip]
        word[0, chip], word[1, chip], each[chip] = sums[0, at], sums[1, at], sums[2, at]
        if signs[chip] < 0:
            quiet, offs = quiet + each[chip], offs + 1
    return quiet / _F(offs)


@compiled()
def _most(energy: _Floats, signs: _Floats, offsets: _Whole, position: int) -> np.float32:
    """Return what the ON chips of the word at ``position`` have if they all add up, a little more for rounding."""
    total = _F(0)
    for chip in range(signs.size):
        total += max(signs[chip], _F(0)) * energy[position + offsets[chip]]
    return _ROUNDED * total


@compiled()
def _add_turned(heard: _Floats, cosines: _Floats, sines: _Floats, real: np.float32, imag: np.float32) -> None:
    one, two, three, four = heard[0], heard[1], heard[2], heard[3]
    for each in range(cosines.size):
        one[each] += real * cosines[each]
        two[each] += imag * sines[each]
        three[each] += real * sines[each]
        four[each] += imag * cosines[each]


@compiled()
def _add_four_turned(heard: _Floats, phasors: _Floats, some: _Floats) -> None:
    one, two, three, four, bins = heard[0], heard[1], heard[2], heard[3], heard.shape[1]
    a, b, c, d = phasors[0, 0, :bins], phasors[1, 0, :bins], phasors[2, 0, :bins], phasors[3, 0, :bins]
    for half in range(2):
        first, last = some[half], one if half == 0 else four
        w, x, y, z = first[0], first[1], first[2], first[3]
        for each in range(bins):
            last[each] += (w * a[each] + x * b[each]) + (y * c[each] + z * d[each])
    a, b, c, d = phasors[0, 1, :bins], phasors[1, 1, :bins], phasors[2, 1, :bins], phasors[3, 1, :bins]
    for half in range(2):
        first, last = some[half], three if half == 0 else two
        w, x, y, z = first[0], first[1], first[2], first[3]
        for each in range(bins):
            last[each] += (w * a[each] + x * b[each]) + (y * c[each] + z * d[each])


@compiled()
def _loudest(word: _Floats, signs: _Floats, spectrum: _Floats, heard: _Floats) -> tuple[int, np.float32]:
    """Return the bin, either side of the carrier, in which the ON chips of ``word`` (2, 48) add up to most.

    And their energy there. ``spectrum`` (ON chips, 2, bins) are the phasors of the bins on one side.
    """
    heard[:] = _F(0)
    row, filled, some = 0, 0, np.empty((2, 4), np.float32)
    for chip in range(signs.size):
        if signs[chip] <= 0:
            continue
        some[0, filled], some[1, filled] = word[0, chip], word[1, chip]
        row, filled = row + 1, filled + 1
        if filled == 4:
            _add_four_turned(heard, spectrum[row - 4 : row], some)
            filled = 0
    for left in range(filled):
        at = row - filled + left
        _add_turned(heard, spectrum[at, 0], spectrum[at, 1], some[0, left], some[1, left])
    best, most = 0, _F(-1)
    for each in range(spectrum.shape[2]):
        real, imag = heard[0, each] + heard[1, each], heard[3, each] - heard[2, each]
        above = real * real + imag * imag
        real, imag = heard[0, each] - heard[1, each], heard[3, each] + heard[2, each]
        below = real * real + imag * imag
        if above > most or below > most:
            best, most = (each, above) if above >= below else (-each, below)
    return best, most / _F(row)


@compiled()
def _energy(sums: _Floats, signs: _Floats, offsets: _Whole, position: int, told: _Told) -> tuple[int, np.float32]:
    """Return bin and energy of the word that begins at ``position``; an energy of ``_NO_WORD`` if it is none.

    ``told``: the spectrum, the noise energy of a chip, what the word must exceed, the likeness; and room to work in.
    """
    spectrum, floor, coherent, likeness, word, each, heard = told
    quiet = _pick(sums, signs, offsets, position, word, each)
    if not _is_alike(each, signs, floor, likeness):
        return 0, _NO_WORD
    best, energy = _loudest(word, signs, spectrum, heard)
    return (best, energy) if energy > coherent * max(quiet, floor) else (0, _NO_WORD)


@compiled()
def _loudest_from(
    first: int, last: int, sums: _Floats, signs: _Floats, offsets: _Whole, carrier: _Whole, clock: _Whole,
    position: _Whole, reach: _Floats, energies: _Floats, bins: _Whole, told: _Told,
) -> int:  # fmt: skip
    """Return which candidate from ``first`` to ``last`` is a word of most energy, −1 for none.

    ``reach`` is what each may have at most; what comes to be known of them goes into ``energies`` and ``bins``.
    """
    best, left = -1, reach.copy()
    while True:
        index = -1
        for each in range(left.size):
            if left[each] > 0 and first <= position[each] <= last and (index < 0 or left[each] > left[index]):
                index = each
        if index < 0 or (best >= 0 and left[index] <= energies[best]):
            return best  # nor can any of the following be louder
        left[index] = _F(0)
        if energies[index] == _UNKNOWN:
            at = (sums[carrier[index]], signs, offsets[clock[index]], position[index])
            bins[index], energies[index] = _energy(*at, told)
        if energies[index] > 0 and (best < 0 or energies[index] > energies[best]):
            best = index


@compiled()
def best_of(
    sums: _Floats, scored: _Floats, some: _Whole, of_chip: np.float32, sidelobe: int, tables: SearchTables
) -> tuple[int, int, int, int, np.float32]:
    """Return position, clock, carrier, bin and energy of the first sync at ``some`` of the places that stand out.

    An energy of 0 says that there is none.
    """
    _, _, signs, offsets, _, _, spectrum, _, _, _, thresholds, likeness, _ = tables
    most, clocks, block = int(thresholds[3]), scored.shape[1], scored.shape[2]
    if some.size > most:
        scores = scored.ravel()[some]
        some = some[scores >= np.partition(scores, some.size - most)[some.size - most]]
    word, each = np.empty((2, signs.size), np.float32), np.empty(signs.size, np.float32)
    heard, of_peak = np.empty((4, spectrum.shape[2]), np.float32), likeness.copy()
    of_peak[0] = likeness[3]
    told = (spectrum, of_chip, thresholds[2], likeness, word, each, heard)
    told_of_peak = (spectrum, of_chip, thresholds[2], of_peak, word, each, heard)
    carrier, clock, position = some // (clocks * block), some // block % clocks, some % block
    energies, bins = np.full(some.size, _UNKNOWN), np.zeros(some.size, np.int64)
    reach, stop = np.empty(some.size, np.float32), position.min() + sidelobe
    for index in range(some.size):
        reach[index] = _most(sums[carrier[index], 2], signs, offsets[clock[index]], position[index])
    of_all = (sums, signs, offsets, carrier, clock, position, reach)
    best = _loudest_from(0, stop, *of_all, energies, bins, told_of_peak)
    if best >= 0:  # most often it is at once what looking for the first would come to
        _pick(sums[carrier[best]], signs, offsets[clock[best]], position[best], word, each)
        is_sure = _is_alike(each, signs, of_chip, likeness)
        if is_sure and best == _loudest_from(0, position[best] + sidelobe, *of_all, energies, bins, told_of_peak):
            return position[best], clock[best], carrier[best], bins[best], energies[best]
    first = block
    for index in np.argsort(position):
        at = (sums[carrier[index]], signs, offsets[clock[index]], position[index])
        if _energy(*at, told)[1] > 0:
            first = position[index]
            break
    if first == block:
        return 0, 0, 0, 0, _F(0)
    for _ in range(2):  # what was taken for the first may have been a sidelobe of the next
        best = _loudest_from(first, first + sidelobe, *of_all, energies, bins, told_of_peak)
        first = position[best]
    return position[best], clock[best], carrier[best], bins[best], energies[best]
