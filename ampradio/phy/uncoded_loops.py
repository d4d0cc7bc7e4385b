"""The bits of an uncoded uplink from its chips, packet by packet, as a plain loop for the accelerator.

It does what ``uncoded_frame.decided`` does with whole arrays.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_TINY = 2.2250738585072014e-308


@compiled("void(complex128[:, ::1], int8[::1], float64[:, ::1], int64, int64, boolean[:, ::1])")
def decide_each(
    chips: npt.NDArray[np.complex128],
    sync: npt.NDArray[np.int8],
    thresholds: npt.NDArray[np.float64],
    neighbours: int,
    passes: int,
    ones: npt.NDArray[np.bool_],
) -> None:
    """Write the bits (packets, bits) of ``chips``, those of the sync first, into ``ones``.

    ``thresholds`` (packets, 2·bits) is what an ON chip has to exceed; without columns, nothing. After the energies
    have decided, the phase of so many ``neighbours`` either side does, in so many ``passes``.
    """
    bits, before = ones.shape[1], neighbours
    sums = np.zeros(before + bits + 1, np.complex128)
    for packet in range(chips.shape[0]):
        turned, least = chips[packet], thresholds[packet]
        data = turned[sync.size :]
        for bit in range(bits):
            first, second = abs(data[2 * bit]), abs(data[2 * bit + 1])
            if least.size:
                first, second = first - least[2 * bit], second - least[2 * bit + 1]
            ones[packet, bit] = second > first
        at = before
        for chip in range(sync.size - 1, -1, -1):
            if sync[chip] and at > 0:
                at -= 1
                sums[at + 1] = turned[chip]
        for each in range(before):
            sums[each + 1] += sums[each]
        for _ in range(passes):
            for bit in range(bits):
                sums[before + bit + 1] = sums[before + bit] + data[2 * bit + int(ones[packet, bit])]
            for bit in range(bits):
                index = before + bit
                around = sums[min(index + neighbours + 1, before + bits)] - sums[index - neighbours]
                around -= data[2 * bit + int(ones[packet, bit])]
                size = max(math.sqrt(around.real * around.real + around.imag * around.imag), _TINY)
                along = around.conjugate() / size
                first, second = (data[2 * bit] * along).real, (data[2 * bit + 1] * along).real
                if least.size:
                    first, second = first - least[2 * bit], second - least[2 * bit + 1]
                ones[packet, bit] = second > first
