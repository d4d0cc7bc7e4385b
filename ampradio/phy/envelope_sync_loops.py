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
def _add_four(row: _Floats, energy: _Floats, at: _Whole, signs: _Floats) -> None:
    size = row.size
    one, two = energy[at[0] : at[0] + size], energy[at[1] : at[1] + size]
    three, four = energy[at[2] : at[2] + size], energy[at[3] : at[3] + size]
    for each in range(size):
        early = signs[0] * one[each] + signs[1] * two[each]
        row[each] += early + (signs[2] * three[each] + signs[3] * four[each])


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
def _grid_sums(power: _Floats, grid: int, parts: _Floats, energy: _Floats) -> None:
    """Write the energy of every grid step into ``parts``, zero past the end, and of the chip from there on."""
    steps = power.size // grid
    parts[steps:] = _F(0)
    for step in range(steps):
        total = _F(0)
        for each in power[step * grid : (step + 1) * grid]:
            total += each
        parts[step] = total
    one, two, three, four = parts[:-3], parts[1:-2], parts[2:-1], parts[3:]
    for step in range(energy.size):
        energy[step] = one[step] + two[step] + three[step] + four[step]


@compiled(
    "void(float32[:, ::1], float32[:, ::1], int64, int64, int64, int64, int64, float32[::1], int64[:, ::1], float32,"
    " float32, float64[:, ::1])"
)
def first_each(
    power: _Floats, noise: _Floats, begin: int, positions: int, grid: int, block: int, lookahead: int,
    signs: _Floats, offsets: _Whole, contrast: np.float32, likeness: np.float32, found: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Write block, position, clock and match of the first sync in each row of ``power`` into ``found`` (packets, 4).

    A block of -1: there is none. ``positions`` are searched, but not the ``begin`` first; ``noise`` (packets, blocks
    or 1) is what a word has to exceed, ``contrast`` how much of the energy present; chips are four steps long.
    """
    clocks, blocks, span = offsets.shape[0], -(-positions // block), block + lookahead
    reach = blocks * block + lookahead + offsets.max()
    parts, energy = np.empty(reach + 3, np.float32), np.empty(reach, np.float32)
    size, total = np.empty((clocks, span), np.float32), np.empty(span, np.float32)
    ones, steps = np.ones(4, np.float32), 4 * np.arange(signs.size)
    for packet in range(power.shape[0]):
        found[packet, 0] = -1
        _grid_sums(power[packet], grid, parts, energy)
        for here in range(blocks):
            chips = energy[here * block :]
            total[:] = _F(0)
            for chip in range(0, signs.size, 4):
                _add_four(total, chips, steps[chip : chip + 4], ones)
            for clock in range(clocks):
                size[clock, :] = _F(0)
                for chip in range(0, signs.size, 4):
                    _add_four(size[clock], chips, offsets[clock, chip : chip + 4], signs[chip : chip + 4])
            least = noise[packet, min(here, noise.shape[1] - 1)]
            stop, most = span, _F(0)
            for position in range(begin if here == 0 else 0, span):
                if position >= (stop if most > 0 else min(block, positions - here * block)):
                    break
                needed = max(contrast * total[position], least)
                for clock in range(clocks):
                    each = abs(size[clock, position])
                    if each > needed:
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
