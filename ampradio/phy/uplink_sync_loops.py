"""The search for an uplink's AMP-Sync, packet by packet, as plain loops for the accelerator: see ``uplink_sync``.

The first of its two stages is ``uplink_score_loops``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_score_loops import chip_sums, grid_sums, score, split

_Samples = npt.NDArray[np.complex64]
_Floats = npt.NDArray[np.float32]
_Reals = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int64]
_F = np.float32
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
def _energy(
    sums: _Floats, signs: _Floats, offsets: _Whole, position: int, told: _Told
) -> tuple[int, np.float32]:
    """Return bin and energy of the word that begins at ``position``; an energy of ``_NO_WORD`` if it is none.

    ``told``: the spectrum, the noise energy of a chip, what the word must exceed, the likeness; and room to work in.
    """
    spectrum, floor, coherent, likeness, word, each, heard = told
    quiet = _pick(sums, signs, offsets, position, word, each)
    if not _is_alike(each, signs, floor, likeness):
        return 0, _NO_WORD
    best, energy = _loudest(word, signs, spectrum, heard)
    return (best, energy) if energy > coherent * max(quiet, floor) else (0, _NO_WORD)


@compiled(
    "void(complex64[:, ::1], float64[::1], int64, float64[:, ::1], float32[:, :, ::1], float32[:, :, ::1],"
    " float32[::1], int64[:, ::1], int64[:, ::1], float32[:, :, ::1], int64, int64, int64, float32[::1], float32[::1],"
    " float64[:, ::1])"
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
    spectrum: _Floats,
    positions: int,
    block: int,
    sidelobe: int,
    thresholds: _Floats,
    likeness: _Floats,
    banks: _Reals,
) -> None:
    """Write start, stretch, carrier in Hz and energy of the first sync in each of ``samples`` into ``found``.

    ``fine`` (carriers, 2, grid) and ``advance`` (carriers, 2, steps) are as for ``grid_sums``.
    ``found`` (4, packets): an energy of 0 says that there is none. ``thresholds``: how much of the floor and of the
    energy present the word must exceed, and of the noise of a chip when added up coherently; how many candidates are
    looked at so; samples per chip. ``likeness``: of a sync, how that grows, from where on; of its peak. ``blocks`` are
    searched, one after the other, until there is one. ``banks`` (3, …): the clocks; the carriers in cycles a sample;
    the sample rate and the bins to a chip rate.
    """
    carriers, clocks, grid = fine.shape[0], offsets.shape[0], fine.shape[2]
    per_chip = advance.shape[2] - positions
    sums = np.empty((carriers, 3, positions), np.float32)
    scored = np.empty((carriers, clocks, block), np.float32)
    word, each = np.empty((2, signs.size), np.float32), np.empty(signs.size, np.float32)
    heard = np.empty((4, spectrum.shape[2]), np.float32)
    parts, steps = np.empty((2, grid, advance.shape[2]), np.float32), np.empty((2, advance.shape[2]), np.float32)
    most, rows = int(thresholds[3]), np.empty((bases.shape[1], positions), np.float32)
    places = np.empty(scored.size, np.int64)
    of_peak = likeness.copy()
    of_peak[0] = likeness[3]
    for packet in range(samples.shape[0]):
        noise = _F(floor[packet]) * thresholds[0]
        found[0, packet], found[1, packet], found[2, packet], found[3, packet] = 0, 1, 0, 0
        of_chip = _F(floor[packet]) * thresholds[4]
        told = (spectrum, of_chip, thresholds[2], likeness, word, each, heard)
        told_of_peak = (spectrum, of_chip, thresholds[2], of_peak, word, each, heard)
        for ahead in range(blocks):
            passed = 0
            split(samples[packet, ahead * block * grid :], grid, parts)
            for tried in range(carriers):
                grid_sums(parts, fine[tried], advance[tried], steps)
                chip_sums(steps, sums[tried])
                here = (scored[tried], rows, places, passed, tried * clocks * block)
                passed = score(sums[tried, 2], signs, bases, per_chip, noise, thresholds[1], *here)
            some = places[:passed]
            if passed > most:
                scores = scored.ravel()[some]
                some = some[scores >= np.partition(scores, passed - most)[passed - most]]
            carrier, clock, position = some // (clocks * block), some // block % clocks, some % block
            energies, bins = np.full(some.size, _UNKNOWN), np.zeros(some.size, np.int64)
            first = block
            for index in np.argsort(position):
                at = (sums[carrier[index]], signs, offsets[clock[index]], position[index])
                if _energy(*at, told)[1] > 0:
                    first = position[index]
                    break
            if first == block:
                continue
            reach = np.empty(some.size, np.float32)
            for index in range(some.size):
                reach[index] = _most(sums[carrier[index], 2], signs, offsets[clock[index]], position[index])
            order, best = np.argsort(-reach), -1
            for _ in range(2):  # what was taken for the first may have been a sidelobe of the next
                best = -1
                for index in order:
                    if not first <= position[index] <= first + sidelobe:
                        continue
                    if best >= 0 and reach[index] <= energies[best]:
                        break  # nor can any of the following be louder
                    if energies[index] == _UNKNOWN:
                        at = (sums[carrier[index]], signs, offsets[clock[index]], position[index])
                        bins[index], energies[index] = _energy(*at, told_of_peak)
                    if energies[index] > 0 and (best < 0 or energies[index] > energies[best]):
                        best = index
                first = position[best]
            chip, rate_sps = grid * per_chip, banks[2, 0]
            found[0, packet], found[1, packet] = (ahead * block + position[best]) * grid, banks[0, clock[best]]
            fine_of_it = bins[best] / (banks[2, 1] * chip * found[1, packet])
            found[2, packet] = (banks[1, carrier[best]] + fine_of_it) * rate_sps
            found[3, packet] = energies[best]
            break
