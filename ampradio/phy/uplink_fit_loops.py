"""Carrier and edges of an active uplink fitted to its chips, packet by packet, as plain loops for the accelerator.

Each does what its namesake in ``uplink_chips`` does with whole arrays; tracks and sums are as in ``uplink_chip_loops``.
"""

from __future__ import annotations

import cmath

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_chip_loops import chip_integrals, integral, turn_back

_Reals = npt.NDArray[np.float64]
_Sums = npt.NDArray[np.complex128]
_Chips = npt.NDArray[np.int8]
_POWER_MIN = 1e-9  # as in edge_timing.fit
_TINY = 2.2250738585072014e-308


@compiled()
def decide(turned: _Sums, sync: _Chips, bits: int, given: npt.NDArray[np.bool_], on: _Chips) -> None:
    """Write the chips of the sync and of the bits ``given``, or, if there are none, as they look, into ``on``."""
    known = sync.size
    on[:known] = sync
    for bit in range(bits):
        first = known + 2 * bit
        one = given[bit] if given.size else turned[first + 1].real > turned[first].real
        on[first], on[first + 1] = not one, one


@compiled()
def fit_carrier(turned: _Sums, on: _Chips, count: int, track: _Reals, chip: float, out: _Reals) -> float:
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
            across[edge - 1] = integral(row, at + window) - integral(row, at - window)
    turn_back(across, count - 1, out[2] + out[3] * (start + step), out[3] * step)
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
def refine_from(
    row: _Sums, sync: _Chips, chip: float, bits: int, given: npt.NDArray[np.bool_], window: float, limit: float,
    turned: _Sums, across: _Sums, on: _Chips, track: _Reals,
) -> None:  # fmt: skip
    """Correct ``track`` (2, 4), under which the chips are ``turned``; its second row and ``across`` are for scratch."""
    count = sync.size + 2 * bits
    decide(turned, sync, bits, given, on)
    track[1] = track[0]
    amplitude = fit_carrier(turned, on, count, track[0], chip, track[1])
    if window > 0:
        _fit_edges(row, on, count, track[0], chip, amplitude, window, limit, across, track[1])
    track[0] = track[1]


@compiled()
def refine(
    row: _Sums, sync: _Chips, chip: float, bits: int, given: npt.NDArray[np.bool_], window: float, limit: float,
    work: _Sums, on: _Chips, track: _Reals,
) -> None:  # fmt: skip
    """Correct ``track`` (2, 4), whose second row is for scratch; ``work`` (2, chips) too."""
    chip_integrals(row, track[0], chip, sync.size + 2 * bits, work[0])
    refine_from(row, sync, chip, bits, given, window, limit, work[0], work[1], on, track)


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
            refine(sums[packet // several], sync, chip, bits, given[packet], window, limit, work, on, track)
        better[packet] = track[0]
