"""How an active uplink is followed over its data, packet by packet, as plain loops for the accelerator.

``follow_each`` does what ``uplink_follow.follow_data`` does with whole arrays; tracks and sums are as in
``uplink_chip_loops``.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_chip_loops import chip_integrals, integral, integrals, turn_back
from ampradio.phy.uplink_fit_loops import decide, fit_carrier, refine, refine_from

_Reals = npt.NDArray[np.float64]
_Sums = npt.NDArray[np.complex128]
_Chips = npt.NDArray[np.int8]


@compiled()
def size_of(value: complex) -> float:
    """Return |value|, without the care for overflow that ``abs`` takes."""
    return math.sqrt(value.real * value.real + value.imag * value.imag)


@compiled()
def decidedness(turned: _Sums, sync: _Chips, count: int) -> tuple[float, float]:
    """Return how much the sync and the data chips up to ``count`` look like what they must be.

    And how open their eye is: how much the halves of bits differ, of all there is in them.
    """
    score = differences = sizes = 0.0
    for each in range(sync.size):
        score += turned[each].real if sync[each] else -turned[each].real
    for each in range(sync.size, count, 2):
        first, second = turned[each], turned[each + 1]
        differences += abs(second.real - first.real)
        sizes += size_of(first) + size_of(second)
    return score + differences, differences / sizes if sizes > 0 else 0.0


@compiled()
def try_clock(
    row: _Sums, sync: _Chips, chip: float, reaches: npt.NDArray[np.int64], window: float, limit: float, work: _Sums,
    on: _Chips, track: _Reals,
) -> tuple[float, float]:  # fmt: skip
    """Follow the carrier of ``track`` over each of ``reaches``, then the edges; return its ``decidedness``."""
    start, step, bits = track[0, 0], track[0, 1] * chip, reaches[-1]
    count = sync.size + 2 * bits
    raw, none = work[2], np.empty(0, np.bool_)
    integrals(row, start, step, count, raw)
    for reach in reaches:
        chips = sync.size + 2 * reach
        work[0, :chips] = raw[:chips]
        turn_back(work[0], chips, track[0, 2] + track[0, 3] * (start + 0.5 * step), track[0, 3] * step)
        decide(work[0], sync, reach, none, on)
        fit_carrier(work[0], on, chips, track[0], chip, track[1])
        track[0, 2:] = track[1, 2:]
    refine(row, sync, chip, bits, none, window, limit, work, on, track)
    chip_integrals(row, track[0], chip, count, work[0])
    return decidedness(work[0], sync, count)


@compiled()
def _contest(
    row: _Sums, better: _Reals, sync: _Chips, chip: float, reaches: npt.NDArray[np.int64], clocks: _Reals,
    window: float, limit: float, clear: float, work: _Sums, on: _Chips, track: _Reals,
) -> bool:  # fmt: skip
    """Move ``better`` to the most decided of the tracks begun under each of ``clocks``; return whether it is clear.

    If it is, its own clock is left to it, and ``work`` begins with the chips under it.
    """
    middle, begun, most = 0.5 * sync.size * chip, better.copy(), -math.inf
    track[0] = begun
    if try_clock(row, sync, chip, reaches, window, limit, work, on, track)[1] > clear:
        better[:] = track[0]
        return True
    for clock in clocks:
        track[0] = begun
        track[0, 0], track[0, 1] = begun[0] + (begun[1] - clock) * middle, clock
        score = try_clock(row, sync, chip, reaches, window, limit, work, on, track)[0]
        if score > most:
            most = score
            better[:] = track[0]
    return False


@compiled()
def _steered_score(
    row: _Sums, begin: float, wide: float, sync: _Chips, looked: int, every: int, word: _Sums, data: _Sums
) -> tuple[float, float]:
    """Return what ``decidedness`` does of chips ``wide`` from ``begin`` on, one of ``every`` bits looked at."""
    known, score, before = sync.size, 0.0, integral(row, begin)
    for each in range(known):
        after = integral(row, begin + (each + 1) * wide)
        real = ((after - before) * word[each]).real
        score += real if sync[each] else -real
        before = after
    differences = sizes = 0.0
    for bit in range(looked):
        at = begin + (known + 2 * every * bit) * wide
        if every > 1:
            before = integral(row, at)
        half, after = integral(row, at + wide), integral(row, at + 2 * wide)
        differences += abs(((after - half - half + before) * data[bit]).real)
        sizes += size_of(after - half) + size_of(half - before)
        before = after
    return score + differences, differences / sizes if sizes > 0 else 0.0


@compiled()
def _correct(
    row: _Sums, better: _Reals, sync: _Chips, chip: float, bits: int, window: float, limit: float, work: _Sums,
    on: _Chips, track: _Reals,
) -> None:  # fmt: skip
    """Correct ``better`` by the chips under it, with which ``work`` begins."""
    track[0] = better
    refine_from(row, sync, chip, bits, np.empty(0, np.bool_), window, limit, work[0], work[1], on, track)
    better[:] = track[0]


@compiled()
def _steer(
    row: _Sums, better: _Reals, sync: _Chips, chip: float, bits: int, every: int, middle: float, changes: _Reals,
    window: float, limit: float, clear: float, work: _Sums, on: _Chips, track: _Reals,
) -> None:  # fmt: skip
    """Move ``better`` to that of the clock ``changes`` about ``middle`` which is most decided; the first, if clear.

    Of the bits, one in ``every`` is looked at. Then they correct it, as in ``refine_each``.
    """
    known, looked = sync.size, -(-bits // every)
    start, step = better[0], better[1] * chip
    word, data, none = work[0], work[1], np.empty(0, np.bool_)
    most, best, first = -math.inf, 0.0, 0
    if every == 1:  # the chips that it is judged by are those that correct it
        chip_integrals(row, better, chip, known + 2 * bits, work[0])
        most, openness = decidedness(work[0], sync, known + 2 * bits)
        first = 1
        if openness > clear:
            _correct(row, better, sync, chip, bits, window, limit, work, on, track)
            return
    word[:known], data[:looked] = 1, 1  # what turns the carrier back at each chip and bit
    turn_back(word, known, better[2] + better[3] * (start + 0.5 * step), better[3] * step)
    turn_back(data, looked, better[2] + better[3] * (start + (known + 1) * step), better[3] * 2 * every * step)
    for change in changes[first:]:
        begin, wide = start - change * middle, (better[1] + change) * chip
        score, openness = _steered_score(row, begin, wide, sync, looked, every, word, data)
        if score > most:
            most, best = score, change
        if change == 0.0 and openness > clear:
            break
    track[0] = better
    track[0, 0], track[0, 1] = start - best * middle, better[1] + best
    refine(row, sync, chip, bits, none, window, limit, work, on, track)
    better[:] = track[0]


@compiled()
def follow(
    row: _Sums, better: _Reals, sync: _Chips, chip: float, bits: int, done: int, reaches: npt.NDArray[np.int64],
    clocks: _Reals, steering: _Reals, most_looked_at: int, further: float, window: float, limit: float, clear: float,
) -> None:  # fmt: skip
    """Continue the track ``better`` (4,), good for ``done`` bits, over ``bits``: ``uplink_follow.follow_data``.

    ``steering`` is in chips at the end of a stretch; of its bits at most ``most_looked_at`` or so are looked at.
    """
    count = sync.size + 2 * max(bits, reaches[-1])
    work, on, track = np.empty((3, count), np.complex128), np.empty(count, np.int8), np.empty((2, 4))
    begun = done == 0
    while begun or done < bits:
        reach = min(2 * done, bits)
        if begun:
            reach = min(reaches[-1], bits)
            some = np.minimum(reaches, reach)
            if _contest(row, better, sync, chip, some, clocks, window, limit, clear, work, on, track):
                _correct(row, better, sync, chip, reach, window, limit, work, on, track)
                begun, done = False, reach
                continue
        if begun or reach > further * done:
            middle = 0.5 * (sync.size + 2 * done) * chip
            changes = steering * chip / ((sync.size + 2 * reach) * chip - middle)
            every = -(-reach // most_looked_at)
            _steer(row, better, sync, chip, reach, every, middle, changes, window, limit, clear, work, on, track)
        begun, done = False, reach


@compiled(
    "void(complex128[:, ::1], float64[:, ::1], int8[::1], float64, int64, int64, int64[::1], float64[::1],"
    " float64[::1], int64, float64, float64, float64, float64, float64[:, ::1])"
)
def follow_each(
    sums: _Sums, tracks: _Reals, sync: _Chips, chip: float, bits: int, done: int, reaches: npt.NDArray[np.int64],
    clocks: _Reals, steering: _Reals, most_looked_at: int, further: float, window: float, limit: float, clear: float,
    better: _Reals,
) -> None:  # fmt: skip
    """Write the tracks, good for ``done`` bits, continued over ``bits`` into ``better``."""
    better[:] = tracks
    how = (reaches, clocks, steering, most_looked_at, further, window, limit, clear)
    for packet in range(tracks.shape[0]):
        follow(sums[packet], better[packet], sync, chip, bits, done, *how)
