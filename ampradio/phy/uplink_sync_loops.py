"""The search for an uplink's AMP-Sync, packet by packet, as plain loops for the accelerator: see ``uplink_sync``."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Samples = npt.NDArray[np.complex64]
_Floats = npt.NDArray[np.float32]
_Reals = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int64]
_F = np.float32
_TINY = np.float32(1.1754944e-38)
_ROUNDED, _UNKNOWN = np.float32(1.00001), np.float32(-1)


@compiled()
def _add(row: _Floats, more: _Floats, sign: np.float32) -> None:
    for each in range(row.size):  # of a slice: an index that is a sum might be negative, and would be looked at singly
        row[each] += sign * more[each]


@compiled()
def _grid_sums(samples: _Samples, fine: _Floats, advance: _Floats, part: _Floats, held: _Floats) -> None:
    """Write the integrals over each grid step under every carrier into ``part`` (carriers, 2, steps).

    What turns a carrier back is given by real and imaginary parts: within a step, ``fine`` (2, grid, carriers), and
    from step to step, ``advance`` (2, steps, carriers).
    """
    grid, carriers = fine.shape[1], fine.shape[2]
    real_sums, imag_sums = held[0], held[1]
    for step in range(part.shape[2]):
        held[:] = _F(0)
        for each in range(grid):
            given = samples[step * grid + each]
            real, imag = given.real, given.imag
            cosines, sines = fine[0, each], fine[1, each]
            for carrier in range(carriers):
                real_sums[carrier] += real * cosines[carrier] - imag * sines[carrier]
                imag_sums[carrier] += real * sines[carrier] + imag * cosines[carrier]
        for carrier in range(carriers):
            cosine, sine = advance[0, step, carrier], advance[1, step, carrier]
            part[carrier, 0, step] = real_sums[carrier] * cosine - imag_sums[carrier] * sine
            part[carrier, 1, step] = real_sums[carrier] * sine + imag_sums[carrier] * cosine


@compiled()
def _chip_sums(part: _Floats, out: _Floats) -> None:
    """Write real and imaginary part of the chip integrals at every grid step, and their energy, into ``out`` (3, n)."""
    steps, positions = part.shape[1], out.shape[1]
    for half in range(2):
        sums = part[half]
        out[half, :] = _F(0)
        for later in range(steps - positions):
            _add(out[half], sums[later : later + positions], _F(1))
    real_parts, imag_parts, energy = out[0], out[1], out[2]
    for position in range(positions):
        real, imag = real_parts[position], imag_parts[position]
        energy[position] = real * real + imag * imag


@compiled()
def _add_four(row: _Floats, energy: _Floats, at: _Whole, signs: _Floats) -> None:
    """Add ``energy`` from four places on to ``row``: one pass over it instead of four."""
    size = row.size
    one, two = energy[at[0] : at[0] + size], energy[at[1] : at[1] + size]
    three, four = energy[at[2] : at[2] + size], energy[at[3] : at[3] + size]
    for each in range(size):
        early = signs[0] * one[each] + signs[1] * two[each]
        row[each] += early + (signs[2] * three[each] + signs[3] * four[each])


@compiled()
def _add_all(row: _Floats, energy: _Floats, at: _Whole, signs: _Floats) -> None:
    row[:] = _F(0)
    fours = signs.size // 4 * 4
    for chip in range(0, fours, 4):
        _add_four(row, energy, at[chip : chip + 4], signs[chip : chip + 4])
    for chip in range(fours, signs.size):
        _add(row, energy[at[chip] : at[chip] + row.size], signs[chip])


@compiled()
def _score(
    energy: _Floats, signs: _Floats, offsets: _Whole, noise: np.float32, contrast: np.float32, score: _Floats,
    total: _Floats, some: _Whole, count: int, first: int,
) -> int:  # fmt: skip
    """Write ON minus OFF energy under each clock into ``score`` (clocks, block), and where it stands out into ``some``.

    Places count from ``first``; ``some`` holds ``count`` already. Return how many it holds then.
    """
    clocks, block = score.shape
    _add_all(total, energy, offsets[clocks // 2], np.abs(signs))
    for clock in range(clocks):
        row = score[clock]
        _add_all(row, energy, offsets[clock], signs)
        for position in range(block):
            if row[position] > max(contrast * total[position], noise):
                some[count] = first + clock * block + position
                count += 1
    return count


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
def _most(each: _Floats, signs: _Floats) -> np.float32:
    """Return what the ON chips would have if they all added up, a little more for rounding."""
    total, count = _F(0), 0
    for chip in range(signs.size):
        if signs[chip] > 0:
            total, count = total + _F(math.sqrt(each[chip])), count + 1
    return _ROUNDED * total * total / _F(count)


@compiled()
def _loudest(word: _Floats, signs: _Floats, spectrum: _Floats, heard: _Floats) -> tuple[int, float]:
    """Return the bin in which the ON chips of ``word`` (2, 48) add up to most, and their energy there."""
    bins = spectrum.shape[2]
    heard[:] = _F(0)
    row = 0
    for chip in range(signs.size):
        if signs[chip] > 0:
            _add(heard[0], spectrum[0, row], word[0, chip])
            _add(heard[0], spectrum[1, row], -word[1, chip])
            _add(heard[1], spectrum[1, row], word[0, chip])
            _add(heard[1], spectrum[0, row], word[1, chip])
            row += 1
    best, most = 0, _F(-1)
    for each in range(bins):
        energy = heard[0, each] * heard[0, each] + heard[1, each] * heard[1, each]
        if energy > most:
            best, most = each, energy
    return best, float(most / row)


@compiled(
    "void(complex64[:, ::1], float64[::1], float64[:, ::1], float32[:, :, ::1], float32[:, :, ::1], float32[::1],"
    " int64[:, ::1], float32[:, :, ::1], int64, int64, int64, float32[::1], float32[::1])"
)
def search_each(
    samples: _Samples,
    floor: _Reals,
    found: _Reals,
    fine: _Floats,
    advance: _Floats,
    signs: _Floats,
    offsets: _Whole,
    spectrum: _Floats,
    positions: int,
    block: int,
    sidelobe: int,
    thresholds: _Floats,
    likeness: _Floats,
) -> None:
    """Write position, clock, carrier, bin and energy of the first sync in each of ``samples`` into ``found``.

    ``fine`` and ``advance`` are as for ``_grid_sums``.
    ``found`` (packets, 5) keeps an energy of 0 where there is none. ``thresholds``: how much of the floor and of the
    energy present the word must exceed, and of the noise of a chip when added up coherently; how many candidates are
    looked at so; samples per chip.
    """
    carriers, clocks = fine.shape[2], offsets.shape[0]
    sums = np.empty((carriers, 3, positions), np.float32)
    score = np.empty((carriers, clocks, block), np.float32)
    word, each = np.empty((2, signs.size), np.float32), np.empty(signs.size, np.float32)
    heard = np.empty((2, spectrum.shape[2]), np.float32)
    part, held = np.empty((carriers, 2, advance.shape[1]), np.float32), np.empty((2, carriers), np.float32)
    most, least = int(thresholds[3]), np.empty(score.size, np.float32)
    places, total = np.empty(score.size, np.int64), np.empty(block, np.float32)
    for packet in range(samples.shape[0]):
        noise = _F(floor[packet]) * thresholds[0]
        passed = 0
        _grid_sums(samples[packet], fine, advance, part, held)
        for tried in range(carriers):
            _chip_sums(part[tried], sums[tried])
            first = tried * clocks * block
            here = (score[tried], total, places, passed, first)
            passed = _score(sums[tried, 2], signs, offsets, noise, thresholds[1], *here)
        some = places[:passed]
        if some.size > most:
            scores = score.ravel()[some]
            some = some[scores >= np.partition(scores, some.size - most)[some.size - most]]
        carrier, clock, position = some // (clocks * block), some // block % clocks, some % block
        reach, energies = np.zeros(some.size, np.float32), np.full(some.size, _UNKNOWN)
        bins = np.zeros(some.size, np.int64)
        of_chip = _F(floor[packet]) * thresholds[4]
        for index in range(some.size):
            quiet = _pick(sums[carrier[index]], signs, offsets[clock[index]], position[index], word, each)
            least[index] = thresholds[2] * max(quiet, of_chip)
            if _is_alike(each, signs, of_chip, likeness):
                reach[index] = _most(each, signs)
        first = block
        for index in np.argsort(position):
            if reach[index] > least[index]:
                _pick(sums[carrier[index]], signs, offsets[clock[index]], position[index], word, each)
                bins[index], energies[index] = _loudest(word, signs, spectrum, heard)
                if energies[index] > least[index]:
                    first = position[index]
                    break
        if first == block:
            continue
        order, best = np.argsort(-reach), -1
        for _ in range(2):  # what was taken for the first may have been a sidelobe of the next
            best = -1
            for index in order:
                if reach[index] <= least[index] or not first <= position[index] <= first + sidelobe:
                    continue
                if best >= 0 and reach[index] <= energies[best]:
                    break  # nor can any of the following be louder
                if energies[index] == _UNKNOWN:
                    _pick(sums[carrier[index]], signs, offsets[clock[index]], position[index], word, each)
                    bins[index], energies[index] = _loudest(word, signs, spectrum, heard)
                if energies[index] > least[index] and (best < 0 or energies[index] > energies[best]):
                    best = index
            first = position[best]
        found[packet, 0], found[packet, 1] = position[best], clock[best]
        found[packet, 2], found[packet, 3], found[packet, 4] = carrier[best], bins[best], energies[best]
