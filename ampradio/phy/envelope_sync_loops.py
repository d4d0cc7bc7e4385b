"""The search for the downlink's AMP-Sync, block by block, as a plain loop for the accelerator (``envelope_sync``)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Floats = npt.NDArray[np.float32]
_Whole = npt.NDArray[np.int64]
_F = np.float32


@compiled()
def _add_four(row: _Floats, energy: _Floats, more: _Whole, less: _Whole) -> None:
    """Add the ``energy`` from each of ``more`` (4,) on to ``row``, and take that from ``less`` (4,) on away."""
    size = row.size
    one, two = energy[more[0] : more[0] + size], energy[more[1] : more[1] + size]
    three, four = energy[more[2] : more[2] + size], energy[more[3] : more[3] + size]
    five, six = energy[less[0] : less[0] + size], energy[less[1] : less[1] + size]
    seven, eight = energy[less[2] : less[2] + size], energy[less[3] : less[3] + size]
    for each in range(size):
        early = (one[each] - five[each]) + (two[each] - six[each])
        row[each] += early + ((three[each] - seven[each]) + (four[each] - eight[each]))


@compiled()
def _match(energy: _Floats, signs: _Floats, offsets: _Whole) -> tuple[np.float32, np.float32]:
    """Return how the 40 chips that begin here correlate with the word, and what they would if they were the word."""
    total = _F(0)
    for chip in range(signs.size):
        total += energy[offsets[chip]]
    middle, match, size = total / _F(signs.size), _F(0), _F(0)
    for chip in range(signs.size):
        spread = energy[offsets[chip]] - middle
        match += spread * signs[chip]
        size += spread * spread
    return match, _F(math.sqrt(size * _F(signs.size)))


@compiled()
def _grid_sums(power: _Floats, grid: int, parts: _Floats, energy: _Floats, quads: _Floats) -> None:
    """Write the energy of every grid step into ``parts``, zero past the end, of the chip from there on, and of four."""
    steps = power.size // grid
    parts[steps:] = _F(0)
    for step in range(steps):
        total = _F(0)
        for each in power[step * grid : (step + 1) * grid]:
            total += each
        parts[step] = total
    _sum_four(parts, 1, energy)
    _sum_four(energy, 4, quads)


@compiled()
def _sum_four(terms: _Floats, apart: int, sums: _Floats) -> None:
    """Write the sum of four of ``terms`` that lie ``apart`` into ``sums``."""
    size = sums.size
    one, two = terms[:size], terms[apart : apart + size]
    three, four = terms[2 * apart : 2 * apart + size], terms[3 * apart : 3 * apart + size]
    for each in range(size):
        sums[each] = (one[each] + two[each]) + (three[each] + four[each])


@compiled()
def _is_loud(difference: _Floats, needed: _Floats) -> bool:
    """Return whether it is anywhere more, up or down, than is ``needed``."""
    count = 0
    for each in range(needed.size):
        count += abs(difference[each]) > needed[each]
    return count > 0


@compiled()
def _correlate(
    chips: _Floats, quads: _Floats, more: _Whole, less: _Whole, contrast: np.float32, least: np.float32,
    size: _Floats, needed: _Floats,
) -> bool:  # fmt: skip
    """Write ON minus OFF into ``size`` (clocks, n) and what it has to exceed into ``needed`` (n,).

    ``more`` and ``less`` (clocks, chips) are where ON and OFF chips lie; return whether it is exceeded anywhere.
    """
    needed[:] = _F(0)
    for group in range((more.shape[1] + less.shape[1]) // 4):
        for each in range(needed.size):
            needed[each] += quads[16 * group + each]
    for each in range(needed.size):
        needed[each] = max(contrast * needed[each], least)
    is_loud = False
    for clock in range(more.shape[0]):
        size[clock, :] = _F(0)
        for chip in range(0, more.shape[1], 4):
            _add_four(size[clock], chips, more[clock, chip : chip + 4], less[clock, chip : chip + 4])
        is_loud |= _is_loud(size[clock], needed)
    return is_loud


@compiled(
    "void(float32[:, ::1], float32[:, ::1], int64, int64, int64, int64, int64, float32[::1], int64[:, ::1],"
    " int64[:, ::1], int64[:, ::1], float32, float32, float64[:, ::1])"
)
def first_each(
    power: _Floats, noise: _Floats, begin: int, positions: int, grid: int, block: int, lookahead: int,
    signs: _Floats, offsets: _Whole, more: _Whole, less: _Whole, contrast: np.float32, likeness: np.float32,
    found: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Write block, position, clock and match of the first sync in each row of ``power`` into ``found`` (packets, 4).

    A block of -1: there is none. ``positions`` are searched, but not the ``begin`` first; ``noise`` (packets, blocks
    or 1) is what a word has to exceed, ``contrast`` how much of the energy present; chips are four steps long.
    ``offsets`` (clocks, chips) are those of ``more`` and ``less``, ON and OFF, as many of each.
    """
    clocks, blocks, span = offsets.shape[0], -(-positions // block), block + lookahead
    reach = blocks * block + lookahead + max(offsets.max(), 4 * (signs.size - 1))
    parts, energy = np.empty(reach + 3, np.float32), np.empty(reach, np.float32)
    quads = np.empty(reach - 12, np.float32)
    size, needed = np.empty((clocks, span), np.float32), np.empty(span, np.float32)
    for packet in range(power.shape[0]):
        found[packet, 0] = -1
        _grid_sums(power[packet], grid, parts, energy, quads)
        for here in range(blocks):
            chips = energy[here * block :]
            least = noise[packet, min(here, noise.shape[1] - 1)]
            if not _correlate(chips, quads[here * block :], more, less, contrast, least, size, needed):
                continue
            stop, most = span, _F(0)
            for position in range(begin if here == 0 else 0, span):
                if position >= (stop if most > 0 else min(block, positions - here * block)):
                    break
                for clock in range(clocks):
                    each = abs(size[clock, position])
                    if each > needed[position]:
                        match, scale = _match(chips[position:], signs, offsets[clock])
                        if abs(match) > likeness * scale:
                            if most == 0:
                                stop = position + lookahead
                            if each > most:
                                most = each
                                found[packet, 1], found[packet, 2], found[packet, 3] = position, clock, match
            if most > 0:
                found[packet, 0] = here
                break
