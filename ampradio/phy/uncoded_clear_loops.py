"""A clear uncoded uplink frame, from its samples to its octets in one call, as a loop for the accelerator.

It does for one packet what ``uncoded_clear`` does with arrays.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.frame_check_loops import holds, octets_of_bits, size_of_frame
from ampradio.phy.uplink_chip_loops import chip_integrals
from ampradio.phy.uplink_fit_loops import decide, refine, refine_from
from ampradio.phy.uplink_follow_loops import decidedness, try_clock

_Reals = npt.NDArray[np.float64]
_Octets = npt.NDArray[np.uint8]
_Whole = npt.NDArray[np.int64]
_BLOCK = 64  # samples of the fine oscillator


@compiled()
def _oscillate(step: float, cosines: _Reals, sines: _Reals) -> None:
    """Write what turns by ``step`` from each to the next, as many as a power of two, each half from the one before."""
    cosines[0], sines[0] = 1, 0
    size = 1
    while size < cosines.size:
        along, across = math.cos(size * step), math.sin(size * step)
        for each in range(size):
            cosines[size + each] = cosines[each] * along - sines[each] * across
            sines[size + each] = cosines[each] * across + sines[each] * along
        size *= 2


@compiled()
def derotate(
    row: npt.NDArray[np.complex64], turn: float, done: int, stop: int, sums: npt.NDArray[np.complex128]
) -> None:
    """Do what ``uplink_soft_loops.derotate`` does with real numbers, and sines of whole blocks by recurrence."""
    cosines, sines, reals, imags = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    step, cycles = -2 * math.pi * turn, turn * done
    _oscillate(step, cosines, sines)
    angle = -2 * math.pi * (cycles - math.floor(cycles))
    along, across = math.cos(angle), math.sin(angle)
    next_along, next_across = math.cos(_BLOCK * step), math.sin(_BLOCK * step)
    real, imag = sums[done].real, sums[done].imag
    for begin in range(done, stop, _BLOCK):
        size = min(_BLOCK, stop - begin)
        some, out = row[begin : begin + size], sums[begin + 1 : begin + 1 + size]
        for each in range(size):
            x, y = np.float64(some[each].real), np.float64(some[each].imag)
            u, v = x * cosines[each] - y * sines[each], x * sines[each] + y * cosines[each]
            reals[each], imags[each] = u * along - v * across, u * across + v * along
        turned = along * next_along - across * next_across
        along, across = turned, along * next_across + across * next_along
        fours = size // 4 * 4
        for each in range(0, fours, 4):  # so that a sum need not wait for the one before
            one, two = reals[each] + reals[each + 1], imags[each] + imags[each + 1]
            three, four = one + reals[each + 2], two + imags[each + 2]
            out[each] = complex(real + reals[each], imag + imags[each])
            out[each + 1], out[each + 2] = complex(real + one, imag + two), complex(real + three, imag + four)
            real, imag = real + (three + reals[each + 3]), imag + (four + imags[each + 3])
            out[each + 3] = complex(real, imag)
        for each in range(fours, size):
            real, imag = real + reals[each], imag + imags[each]
            out[each] = complex(real, imag)


@compiled(
    "int64(complex64[::1], float64, float64[::1], float64[::1], float64[::1], int8[::1], int64[::1], int64[:, ::1],"
    " uint8[::1], uint8[::1])"
)
def read_clear(
    samples: npt.NDArray[np.complex64], turn: float, track: _Reals, how: _Reals, syncing: _Reals,
    sync: npt.NDArray[np.int8], crc: _Whole, sizes: _Whole, whitening: _Octets, psdu: _Octets,
) -> int:  # fmt: skip
    """Read a frame into ``psdu`` and return its octets; 0 if it is not clear, not all there, or fails its check.

    ``track`` begins with start and stretch, ``turn`` is in cycles a sample. ``how``: samples of a chip, those wanted
    past the frame, the windows of a stretch and of the whole, the largest clock error, what is clear, how many times
    longer the next stretch is, octets of a short frame.
    """
    chip, margin, window, last, limit, clear = how[0], how[1], how[2], how[3], how[4], how[5]
    longer, short, known = int(how[6]), int(how[7]), sync.size
    bits, none = 8 * short, np.empty(0, np.bool_)
    needed = int(math.ceil(track[0] + track[1] * (known + 2 * bits) * chip) + margin)
    if samples.size < needed:
        return 0
    sums = np.empty(samples.size + 1, np.complex128)
    sums[0] = 0
    derotate(samples, turn, 0, needed, sums)
    row, fitted = sums[: needed + 1], np.zeros((2, 4))
    work, on = np.empty((3, known + 2 * bits), np.complex128), np.empty(known + 2 * bits, np.int8)
    fitted[0, :2] = track[:2]
    for width in syncing:
        refine(row, sync, chip, 0, none, width, limit, work, on, fitted)
    reaches = np.array((bits // 2, bits))
    if try_clock(row, sync, chip, reaches, window, limit, work, on, fitted)[1] <= clear:
        return 0
    turned, across = work[0], work[1]
    decide(turned, sync, bits, none, on)
    octets_of_bits(on[known + 1 :: 2].copy().view(np.uint8), whitening, psdu[:short])
    told = size_of_frame(psdu, sizes)
    if told < short:
        return 0
    if told > short:
        done = needed
        needed = int(math.ceil(fitted[0, 0] + fitted[0, 1] * (known + 16 * told) * chip) + margin)
        if samples.size < needed:
            return 0
        if needed > done:
            derotate(samples, turn, done, needed, sums)
        row = sums[: max(needed, done) + 1]
        turned, across = np.empty(known + 16 * told, np.complex128), np.empty(known + 16 * told, np.complex128)
        on = np.empty(known + 16 * told, np.int8)
    while bits < 8 * told:
        bits = min(longer * bits, 8 * told)
        count = known + 2 * bits
        chip_integrals(row, fitted[0], chip, count, turned)
        if decidedness(turned, sync, count)[1] <= clear:
            return 0
        if bits < 8 * told:
            refine_from(row, sync, chip, bits, none, window, limit, turned, across, on, fitted)
    refine_from(row, sync, chip, bits, none, last, limit, turned, across, on, fitted)
    octets_of_bits(on[known + 1 :: 2].copy().view(np.uint8), whitening, psdu[:told])
    if not holds(psdu[:told], crc, short):
        return 0
    track[:] = fitted[0]
    return told
