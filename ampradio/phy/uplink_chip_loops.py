"""The chips of an active uplink from the running sum of its samples, packet by packet, as loops for the accelerator.

Each does what its namesake in ``uplink_chips`` and ``uplink_frame`` does with whole arrays. A track is its row of
``tracks`` (packets, 4): start, stretch, phase, turn. ``sums`` (rows, n + 1) may have several tracks, one after the
other, to each of its rows.
"""

from __future__ import annotations

import cmath

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Reals = npt.NDArray[np.float64]
_Sums = npt.NDArray[np.complex128]
_Chips = npt.NDArray[np.int8]
_FINE = 32  # steps of the fine phasor; the coarse one turns by as many


@compiled()
def integral(sums: _Sums, position: float) -> complex:
    """Return the running sum (n + 1,) at a fractional position; outside the signal it stays flat."""
    last = sums.size - 1
    inside = min(max(position, 0.0), float(last))
    whole = min(int(inside), last - 1)
    return complex(sums[whole] + (inside - whole) * (sums[whole + 1] - sums[whole]))


@compiled()
def turn_back(values: _Sums, count: int, phase: float, step: float) -> None:
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
def integrals(row: _Sums, start: float, step: float, count: int, out: _Sums) -> None:
    """Write the integrals of ``count`` chips from ``start`` on into ``out``."""
    before = integral(row, start)
    for each in range(count):
        after = integral(row, start + (each + 1) * step)
        out[each] = after - before
        before = after


@compiled()
def chip_integrals(row: _Sums, track: _Reals, chip: float, count: int, out: _Sums) -> None:
    """Write the integrals of ``count`` chips, the carrier turned onto the real axis, into ``out``."""
    start, step = track[0], track[1] * chip
    integrals(row, start, step, count, out)
    turn_back(out, count, track[2] + track[3] * (start + 0.5 * step), track[3] * step)


@compiled("void(complex128[:, ::1], float64[:, ::1], float64, complex128[:, ::1])")
def turn_each(sums: _Sums, tracks: _Reals, chip: float, out: _Sums) -> None:
    """Write the integrals of sync and data chips (packets, chips), the carrier turned onto the real axis."""
    several = tracks.shape[0] // max(sums.shape[0], 1)
    for packet in range(tracks.shape[0]):
        chip_integrals(sums[packet // several], tracks[packet], chip, out.shape[1], out[packet])


@compiled("void(complex128[:, ::1], float64[:, ::1], int64, float64, int64, float64[::1])")
def keyed_each(sums: _Sums, tracks: _Reals, known: int, chip: float, bits: int, size: _Reals) -> None:
    """Write the mean size of the first ``bits`` bits, after ``known`` chips of the sync, into ``size`` (packets,)."""
    turned = np.empty(known + 2 * bits, np.complex128)
    for packet in range(tracks.shape[0]):
        chip_integrals(sums[packet], tracks[packet], chip, turned.size, turned)
        total = 0.0
        for each in range(known, turned.size, 2):
            total += abs(turned[each + 1].real - turned[each].real)
        size[packet] = total / bits
