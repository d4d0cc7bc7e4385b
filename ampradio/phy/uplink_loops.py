"""The fits of an active uplink, packet by packet, as plain loops for the accelerator.

Each does what its namesake in ``uplink_chips`` and ``uplink_frame`` does with whole arrays. A track is its row of
``tracks`` (packets, 4): start, stretch, phase, turn. ``sums`` (rows, n + 1) may have several tracks, one after the
other, to each of its rows.
"""

from __future__ import annotations

import cmath
import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Reals = npt.NDArray[np.float64]
_Sums = npt.NDArray[np.complex128]
_Chips = npt.NDArray[np.int8]
_POWER_MIN = 1e-9  # as in edge_timing.fit
_FINE = 32  # steps of the fine phasor; the coarse one turns by as many
_TINY = 2.2250738585072014e-308


@compiled()
def _integral(sums: _Sums, position: float) -> complex:
    """Return the running sum (n + 1,) at a fractional position; outside the signal it stays flat."""
    last = sums.size - 1
    inside = min(max(position, 0.0), float(last))
    whole = min(int(inside), last - 1)
    return complex(sums[whole] + (inside - whole) * (sums[whole + 1] - sums[whole]))


@compiled()
def _turn_back(values: _Sums, count: int, phase: float, step: float) -> None:
    """Turn ``values`` back by ``phase``, ``phase`` + ``step``, …"""
    turning, factor, fine = cmath.exp(-1j * step), cmath.exp(-1j * phase), np.empty(_FINE, np.complex128)
    fine[0] = 1
    for each in range(1, _FINE):
        fine[each] = fine[each - 1] * turning
    for first in range(0, count, _FINE):
        size = min(_FINE, count - first)
        some = values[first : first + size]
        for each in range(size):
            some[each] *= factor * fine[each]
        factor *= fine[_FINE - 1] * turning


@compiled()
def _integrals(row: _Sums, start: float, step: float, count: int, out: _Sums) -> None:
    """Write the integrals of ``count`` chips from ``start`` on into ``out``."""
    before = _integral(row, start)
    for each in range(count):
        after = _integral(row, start + (each + 1) * step)
        out[each] = after - before
        before = after


@compiled()
def _chip_integrals(row: _Sums, track: _Reals, chip: float, count: int, out: _Sums) -> None:
    """Write the integrals of ``count`` chips, the carrier turned onto the real axis, into ``out``."""
    start, step = track[0], track[1] * chip
    _integrals(row, start, step, count, out)
    _turn_back(out, count, track[2] + track[3] * (start + 0.5 * step), track[3] * step)


@compiled("void(complex128[:, ::1], float64[:, ::1], float64, complex128[:, ::1])")
def turn_each(sums: _Sums, tracks: _Reals, chip: float, out: _Sums) -> None:
    """Write the integrals of sync and data chips (packets, chips), the carrier turned onto the real axis."""
    several = tracks.shape[0] // max(sums.shape[0], 1)
    for packet in range(tracks.shape[0]):
        _chip_integrals(sums[packet // several], tracks[packet], chip, out.shape[1], out[packet])


@compiled()
def _decide(turned: _Sums, sync: _Chips, bits: int, given: npt.NDArray[np.bool_], on: _Chips) -> None:
    """Write the chips of the sync and of the bits ``given``, or, if there are none, as they look, into ``on``."""
    known = sync.size
    on[:known] = sync
    for bit in range(bits):
        first = known + 2 * bit
        one = given[bit] if given.size else turned[first + 1].real > turned[first].real
        on[first], on[first + 1] = not one, one


@compiled()
def _fit_carrier(turned: _Sums, on: _Chips, count: int, track: _Reals, chip: float, out: _Reals) -> float:
    """Write phase and turn after a regression over the ON chips into ``out``, and return their mean amplitude."""
    number, place, total = 0, 0.0, 0j
    picked, places = np.empty(count + 1, np.complex128), np.empty(count + 1)
    for each in range(count):  # no branches: what is ON nobody can predict
        picked[number], places[number] = turned[each], each
        number += on[each]
    for each in range(number):
        place, total = place + places[each], total + picked[each]
    middle, mean = place / number, total / number
    size = max(abs(mean), _TINY)
    aligning = mean.conjugate() / size
    rise = spread = 0.0
    for each in range(number):
        picked[each] *= aligning
        places[each] -= middle
        rise += picked[each].imag * places[each]
        spread += places[each] * places[each]
    slope, amplitude = rise / (spread * size), 0.0
    for each in range(number):
        value, angle = picked[each], places[each] * slope
        amplitude += value.real * (1 - 0.5 * angle * angle) + value.imag * angle
    step = track[1] * chip
    turn = slope / step
    out[2] = track[2] + cmath.phase(mean) - turn * (track[0] + step * (middle + 0.5))
    out[3] = track[3] + turn
    return amplitude / number


@compiled()
def _fit_edges(
    row: _Sums, on: _Chips, count: int, track: _Reals, chip: float, amplitude: float, window: float, limit: float,
    across: _Sums, out: _Reals,
) -> None:  # fmt: skip
    """Write start and stretch after a regression over the chip edges into ``out``, whose carrier is fitted."""
    start, stretch = track[0], track[1]
    step = stretch * chip
    for edge in range(1, count):
        across[edge - 1] = 0j
        if on[edge] != on[edge - 1]:
            at = start + edge * step
            across[edge - 1] = _integral(row, at + window) - _integral(row, at - window)
    _turn_back(across, count - 1, out[2] + out[3] * (start + step), out[3] * step)
    scale = chip / amplitude if amplitude > 0 else 0.0
    weights = first_moment = second_moment = offset = moment = 0.0
    for edge in range(1, count):
        polarity = on[edge] - on[edge - 1]
        if polarity == 0:
            continue
        error = polarity * (window - across[edge - 1].real * scale)
        error, nominal = max(min(error, 2 * window), -2 * window), edge * chip
        weights += 1
        first_moment += nominal
        second_moment += nominal * nominal
        offset += error
        moment += error * nominal
    out[0], out[1] = start, stretch
    centre = first_moment / weights if weights > 0 else 0.0
    power = second_moment - first_moment * centre
    if power > _POWER_MIN * second_moment:
        offset /= weights
        out[1] = min(max(stretch + (moment - first_moment * offset) / power, 1 - limit), 1 + limit)
        out[0] = start + offset + (stretch - out[1]) * centre


@compiled()
def _refine(
    row: _Sums, sync: _Chips, chip: float, bits: int, given: npt.NDArray[np.bool_], window: float, limit: float,
    work: _Sums, on: _Chips, track: _Reals,
) -> None:  # fmt: skip
    """Correct ``track`` (2, 4), whose second row is for scratch; ``work`` (2, chips) too."""
    count = sync.size + 2 * bits
    _chip_integrals(row, track[0], chip, count, work[0])
    _decide(work[0], sync, bits, given, on)
    track[1] = track[0]
    amplitude = _fit_carrier(work[0], on, count, track[0], chip, track[1])
    if window > 0:
        _fit_edges(row, on, count, track[0], chip, amplitude, window, limit, work[1], track[1])
    track[0] = track[1]


@compiled()
def _decidedness(turned: _Sums, sync: _Chips, count: int) -> float:
    """Return how much the sync and the data chips up to ``count`` look like what they must be."""
    score = 0.0
    for each in range(sync.size):
        score += turned[each].real if sync[each] else -turned[each].real
    for each in range(sync.size, count, 2):
        score += abs(turned[each + 1].real - turned[each].real)
    return score


@compiled(
    "void(complex128[:, ::1], float64[:, ::1], int8[::1], float64, int64, boolean[:, ::1], float64[::1], float64,"
    " float64[:, ::1])"
)
def refine_each(
    sums: _Sums, tracks: _Reals, sync: _Chips, chip: float, bits: int, given: npt.NDArray[np.bool_], windows: _Reals,
    limit: float, better: _Reals,
) -> None:  # fmt: skip
    """Write the corrected tracks into ``better``: carrier phase, then edges, over the sync and ``bits`` bits.

    ``given`` (packets, bits) are those bits; without columns, each is decided as the track shows it. ``limit`` is the
    largest clock error. There is a pass with each of ``windows``; with one of 0 the timing stays.
    """
    count = sync.size + 2 * bits
    several = tracks.shape[0] // max(sums.shape[0], 1)
    work, on, track = np.empty((2, count), np.complex128), np.empty(count, np.int8), np.empty((2, 4))
    for packet in range(tracks.shape[0]):
        track[0] = tracks[packet]
        for window in windows:
            _refine(sums[packet // several], sync, chip, bits, given[packet], window, limit, work, on, track)
        better[packet] = track[0]


@compiled(
    "void(complex128[:, ::1], float64[:, ::1], int8[::1], float64, int64[::1], float64[::1], float64, float64,"
    " float64[:, ::1])"
)
def contest_each(
    sums: _Sums, tracks: _Reals, sync: _Chips, chip: float, reaches: npt.NDArray[np.int64], clocks: _Reals,
    window: float, limit: float, better: _Reals,
) -> None:  # fmt: skip
    """Write into ``better`` the most decided of the tracks begun under each of ``clocks``.

    The carrier is followed over each of ``reaches`` (bits), then the edges over the last.
    """
    bits, middle = reaches[-1], 0.5 * sync.size * chip
    count = sync.size + 2 * bits
    work, on, track = np.empty((2, count), np.complex128), np.empty(count, np.int8), np.empty((2, 4))
    none, raw = np.empty(0, np.bool_), np.empty(count, np.complex128)
    for packet in range(tracks.shape[0]):
        row, begun, most = sums[packet], tracks[packet], -math.inf
        for clock in clocks:
            track[0] = begun
            track[0, 0], track[0, 1] = begun[0] + (begun[1] - clock) * middle, clock
            start, step = track[0, 0], clock * chip
            _integrals(row, start, step, count, raw)
            for reach in reaches:
                chips = sync.size + 2 * reach
                work[0, :chips] = raw[:chips]
                _turn_back(work[0], chips, track[0, 2] + track[0, 3] * (start + 0.5 * step), track[0, 3] * step)
                _decide(work[0], sync, reach, none, on)
                _fit_carrier(work[0], on, chips, track[0], chip, track[1])
                track[0, 2:] = track[1, 2:]
            _refine(row, sync, chip, bits, none, window, limit, work, on, track)
            _chip_integrals(row, track[0], chip, count, work[0])
            score = _decidedness(work[0], sync, count)
            if score > most:
                most = score
                better[packet] = track[0]


@compiled(
    "void(complex128[:, ::1], float64[:, ::1], int8[::1], float64, int64, int64, float64, float64[::1], float64,"
    " float64, float64[:, ::1])"
)
def steer_each(
    sums: _Sums, tracks: _Reals, sync: _Chips, chip: float, bits: int, every: int, middle: float, changes: _Reals,
    window: float, limit: float, better: _Reals,
) -> None:  # fmt: skip
    """Write into ``better`` the track under that of the clock ``changes`` about ``middle`` which is most decided.

    Of the bits, one in ``every`` is looked at. Then they correct it, as in ``refine_each``.
    """
    known, looked = sync.size, -(-bits // every)
    count = known + 2 * bits
    work, on, track = np.empty((2, count), np.complex128), np.empty(count, np.int8), np.empty((2, 4))
    none = np.empty(0, np.bool_)
    word, data = work[0], work[1]
    for packet in range(tracks.shape[0]):
        row, begun, start, step = sums[packet], tracks[packet], tracks[packet, 0], tracks[packet, 1] * chip
        most, best = -math.inf, 0.0
        word[:known], data[:looked] = 1, 1  # what turns the carrier back at each chip and bit
        _turn_back(word, known, begun[2] + begun[3] * (start + 0.5 * step), begun[3] * step)
        _turn_back(data, looked, begun[2] + begun[3] * (start + (known + 1) * step), begun[3] * 2 * every * step)
        for change in changes:
            begin, wide = start - change * middle, (begun[1] + change) * chip
            score, before = 0.0, _integral(row, begin)
            for each in range(known):
                after = _integral(row, begin + (each + 1) * wide)
                real = ((after - before) * word[each]).real
                score += real if sync[each] else -real
                before = after
            for bit in range(looked):
                at = begin + (known + 2 * every * bit) * wide
                if every > 1:
                    before = _integral(row, at)
                half, after = _integral(row, at + wide), _integral(row, at + 2 * wide)
                score += abs(((after - half - half + before) * data[bit]).real)
                before = after
            if score > most:
                most, best = score, change
        track[0] = begun
        track[0, 0], track[0, 1] = start - best * middle, begun[1] + best
        _refine(row, sync, chip, bits, none, window, limit, work, on, track)
        better[packet] = track[0]


@compiled(
    "void(complex128[:, ::1], float64[:, ::1], int8[::1], float64, int64, int64, int64[::1], float64[::1],"
    " float64[::1], int64, float64, float64, float64, float64[:, ::1])"
)
def follow_each(
    sums: _Sums, tracks: _Reals, sync: _Chips, chip: float, bits: int, done: int, reaches: npt.NDArray[np.int64],
    clocks: _Reals, steering: _Reals, most_looked_at: int, further: float, window: float, limit: float, better: _Reals,
) -> None:  # fmt: skip
    """Write the tracks, good for ``done`` bits, continued over ``bits`` into ``better``: ``uplink_frame.follow_data``.

    ``steering`` is in chips at the end of a stretch; of its bits at most ``most_looked_at`` or so are looked at.
    """
    better[:] = tracks
    begun = done == 0
    while begun or done < bits:
        reach = min(2 * done, bits)
        if begun:
            reach = min(reaches[-1], bits)
            contest_each(sums, tracks, sync, chip, np.minimum(reaches, reach), clocks, window, limit, better)
        if begun or reach > further * done:
            middle = 0.5 * (sync.size + 2 * done) * chip
            changes = steering * chip / ((sync.size + 2 * reach) * chip - middle)
            every = -(-reach // most_looked_at)
            steer_each(sums, better, sync, chip, reach, every, middle, changes, window, limit, better)
        begun, done = False, reach


@compiled("void(complex128[:, ::1], float64[:, ::1], int64, float64, int64, float64[::1])")
def keyed_each(sums: _Sums, tracks: _Reals, known: int, chip: float, bits: int, size: _Reals) -> None:
    """Write the mean size of the first ``bits`` bits, after ``known`` chips of the sync, into ``size`` (packets,)."""
    turned = np.empty(known + 2 * bits, np.complex128)
    for packet in range(tracks.shape[0]):
        _chip_integrals(sums[packet], tracks[packet], chip, turned.size, turned)
        total = 0.0
        for each in range(known, turned.size, 2):
            total += abs(turned[each + 1].real - turned[each].real)
        size[packet] = total / bits


@compiled("UniTuple(float64, 2)(complex64[::1], complex128[::1], float64[::1], int8[::1], float64, float64)")
def powers_of_sync(
    samples: npt.NDArray[np.complex64], row: _Sums, track: _Reals, sync: _Chips, chip: float, straddle: float
) -> tuple[float, float]:
    """Return the ON power and the full-band noise power per sample, as the AMP-Sync shows them.

    The noise is that of the OFF chips without ``straddle`` samples at either edge.
    """
    turned = np.empty(sync.size, np.complex128)
    _chip_integrals(row, track, chip, sync.size, turned)
    count, total, noise, heard = 0, 0j, 0.0, 0.0
    start, step = track[0], track[1] * chip
    for each in range(sync.size):
        if sync[each]:
            count, total = count + 1, total + turned[each]
            continue
        begin = min(max(start + each * step + straddle, 0.0), float(samples.size))
        end = min(max(start + (each + 1) * step - straddle, 0.0), float(samples.size))
        heard += end - begin
        at = int(begin)
        while at < end:
            power = samples[at].real * samples[at].real + samples[at].imag * samples[at].imag
            noise += power * (min(at + 1.0, end) - max(float(at), begin))
            at += 1
    size = abs(total) / (count * chip)
    return size * size, noise / heard
