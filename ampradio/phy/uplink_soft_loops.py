"""Soft values of the coded uplink from its chips, and the carrier taken off its samples, as plain loops.

For the accelerator; ``uplink_frame`` does the same with whole arrays.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import i0e, i1e

from ampradio.accelerator import compiled
from ampradio.phy.uplink_follow_loops import decidedness, size_of

_Reals = npt.NDArray[np.float64]
_Sums = npt.NDArray[np.complex128]
_BLOCK = 64  # samples of the fine oscillator
_KNOTS_PER_UNIT, _KNOTS_UP_TO = 16, 64  # cubics between them are right to 1e-8, as is the series beyond


@lru_cache(maxsize=1)
def log_i0_table() -> _Reals:
    """Return log I0 and its rise to the next knot, (1 + knots, 2), after a row with the knots per unit."""
    knots = np.arange(_KNOTS_PER_UNIT * _KNOTS_UP_TO + 1) / _KNOTS_PER_UNIT
    table = np.zeros((knots.size + 1, 2))
    table[0, 0] = _KNOTS_PER_UNIT
    table[1:, 0] = np.log(i0e(knots)) + knots
    table[1:, 1] = i1e(knots) / i0e(knots) / _KNOTS_PER_UNIT
    return table


@compiled()
def _log_i0(value: float, table: _Reals) -> float:
    """Return log I0 of a value ≥ 0: cubics between the knots of ``table``, beyond them the asymptotic series."""
    place = value * table[0, 0]
    knot = int(place) if place < table.shape[0] else table.shape[0]
    if knot + 2 >= table.shape[0]:
        over = 1 / value
        series = 1 + over * (0.125 + over * (0.0703125 + over * 0.0732421875))
        return value + 0.5 * math.log(series * series * over / (2 * math.pi))
    part = place - knot
    low, high = table[knot + 1], table[knot + 2]
    rise = high[0] - low[0]
    bend, twist = 3 * rise - 2 * low[1] - high[1], low[1] + high[1] - 2 * rise
    return float(low[0] + part * (low[1] + part * (bend + part * twist)))


@compiled()
def soften(
    turned: _Sums, sync: npt.NDArray[np.int8], neighbours: int, sure: float, quietest: float, clear: float,
    table: _Reals, sums_of: _Sums, soft: _Reals,
) -> None:  # fmt: skip
    """Write log-likelihood ratios (bits,) of coded 1 over 0 into ``soft``; ``sums_of`` (bits + 1,) is for scratch.

    ``turned`` are the integrals of sync and data chips; ``table`` is ``log_i0_table()``; the rest are the constants of
    ``uplink_frame.soft_bits``.
    """
    known, bits = sync.size, soft.size
    if decidedness(turned, sync, known + 2 * bits)[1] > clear:
        for bit in range(bits):
            soft[bit] = turned[known + 2 * bit + 1].real - turned[known + 2 * bit].real
        return
    number, total, noise = 0, 0j, 0.0
    for each in range(known):
        value = turned[each]
        if sync[each]:
            number, total = number + 1, total + value
        else:
            noise += value.real * value.real + value.imag * value.imag
    amplitude = abs(total) / number
    energy = max(noise / (known - number), quietest * amplitude * amplitude)
    scale = 2 * amplitude / energy
    sums_of[0] = 0
    for turn in range(3):
        for bit in range(bits):
            first, second = turned[known + 2 * bit], turned[known + 2 * bit + 1]
            if turn:
                around = sums_of[min(bit + neighbours + 1, bits)] - sums_of[max(bit - neighbours, 0)]
                around -= sums_of[bit + 1] - sums_of[bit]
                first, second = first + around, second + around
            soft[bit] = _log_i0(scale * size_of(second), table) - _log_i0(scale * size_of(first), table)
        if turn < 2:
            for bit in range(bits):
                first, second = turned[known + 2 * bit], turned[known + 2 * bit + 1]
                weight = 1 / (1 + math.exp(-min(max(soft[bit], -sure), sure)))
                sums_of[bit + 1] = sums_of[bit] + first + weight * (second - first)


@compiled(
    "void(complex128[:, ::1], int8[::1], int64, float64, float64, float64, float64[:, ::1], float64[:, ::1])"
)
def soften_each(
    chips: _Sums,
    sync: npt.NDArray[np.int8],
    neighbours: int,
    sure: float,
    quietest: float,
    clear: float,
    table: _Reals,
    soft: _Reals,
) -> None:
    """Write log-likelihood ratios (packets, bits) into ``soft``: see ``soften``."""
    sums_of = np.empty(soft.shape[1] + 1, np.complex128)
    for packet in range(chips.shape[0]):
        soften(chips[packet], sync, neighbours, sure, quietest, clear, table, sums_of, soft[packet])


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
    """Write the running sum of samples ``done`` up to ``stop``, turned back by ``turn`` cycles each, into ``sums``.

    The phase is counted from sample 0; ``sums`` (≥ stop + 1,) begins with what was summed before. In real numbers, and
    the sines of whole blocks by recurrence.
    """
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


@compiled("void(complex64[:, ::1], float64[::1], int64, complex128[:, ::1])")
def derotate_each(samples: npt.NDArray[np.complex64], turns: _Reals, done: int, sums: _Sums) -> None:
    """Write the running sum of ``samples`` (packets, n), turned back by cycles per sample, into ``sums``.

    The phase is counted from sample 0. ``sums`` (packets, n + 1) begins with what was summed of the first ``done``.
    """
    for packet in range(samples.shape[0]):
        derotate(samples[packet], turns[packet], done, samples.shape[1], sums[packet])
