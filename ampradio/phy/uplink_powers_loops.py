"""The powers of an active uplink's carrier and of the noise, as loops for the accelerator: see ``uplink_powers``."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_chip_loops import chip_integrals
from ampradio.phy.uplink_soft_loops import derotate

_Samples = npt.NDArray[np.complex64]
_Sums = npt.NDArray[np.complex128]
_Reals = npt.NDArray[np.float64]
_Chips = npt.NDArray[np.int8]


@compiled()
def power_of_sync(
    samples: _Samples, row: _Sums, track: _Reals, sync: _Chips, chip: float, straddle: float
) -> tuple[float, float]:
    """Return the ON power and the full-band noise power per sample, as the AMP-Sync shows them.

    The noise is that of the OFF chips without ``straddle`` samples at either edge.
    """
    turned = np.empty(sync.size, np.complex128)
    chip_integrals(row, track, chip, sync.size, turned)
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


@compiled("UniTuple(float64, 2)(complex64[::1], complex128[::1], float64[::1], int8[::1], float64, float64)")
def powers_of_sync(
    samples: _Samples, row: _Sums, track: _Reals, sync: _Chips, chip: float, straddle: float
) -> tuple[float, float]:
    """Return what ``power_of_sync`` does."""
    return power_of_sync(samples, row, track, sync, chip, straddle)


@compiled("UniTuple(float64, 2)(complex64[::1], float64, float64[::1], int8[::1], float64, float64)")
def powers_in(
    samples: _Samples, turn: float, track: _Reals, sync: _Chips, chip: float, straddle: float
) -> tuple[float, float]:
    """Return what ``power_of_sync`` does of ``samples`` (n,), after ``turn`` cycles a sample are taken off."""
    count = min(math.ceil(track[0] + track[1] * sync.size * chip) + 1, samples.size)
    sums = np.empty(count + 1, np.complex128)
    sums[0] = 0
    derotate(samples, turn, 0, count, sums)
    return power_of_sync(samples, sums, track, sync, chip, straddle)
