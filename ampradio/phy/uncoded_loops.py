"""The bits of an uncoded uplink from its chips, packet by packet, as a plain loop for the accelerator.

It does what ``uncoded_frame.decided`` does with whole arrays.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.uplink_follow_loops import decidedness, size_of

_TINY = 2.2250738585072014e-308


@compiled()
def decide_bits(
    turned: npt.NDArray[np.complex128], sync: npt.NDArray[np.int8], least: npt.NDArray[np.float64], neighbours: int,
    passes: int, leak: float, ones: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Write the bits (n,) of the chips ``turned``, those of the sync first, into ``ones``.

    ``least`` (2n,) is what an ON chip has to exceed; if it is empty, nothing. After the energies have decided, the
    phase of so many ``neighbours`` either side does, in so many ``passes``, without what the chips beside a bit
    ``leak`` into it.
    """
    bits, before = ones.size, neighbours
    data = turned[sync.size :]
    for bit in range(bits):
        first, second = size_of(data[2 * bit]), size_of(data[2 * bit + 1])
        if least.size:
            first, second = first - least[2 * bit], second - least[2 * bit + 1]
        ones[bit] = second > first
    if not passes:
        return
    sums = np.zeros(before + bits + 1, np.complex128)
    at = before
    for chip in range(sync.size - 1, -1, -1):
        if sync[chip] and at > 0:
            at -= 1
            sums[at + 1] = turned[chip]
    for each in range(before):
        sums[each + 1] += sums[each]
    apart = data.copy()
    for bit in range(bits):
        apart[2 * bit] -= leak * turned[sync.size + 2 * bit - 1]
        if bit + 1 < bits:
            apart[2 * bit + 1] -= leak * data[2 * bit + 2]
    for _ in range(passes):
        for bit in range(bits):
            sums[before + bit + 1] = sums[before + bit] + data[2 * bit + int(ones[bit])]
        changed = False
        for bit in range(bits):
            index = before + bit
            around = sums[min(index + neighbours + 1, before + bits)] - sums[index - neighbours]
            around -= data[2 * bit + int(ones[bit])]
            along = around.conjugate() / max(size_of(around), _TINY)
            first, second = (apart[2 * bit] * along).real, (apart[2 * bit + 1] * along).real
            if least.size:
                first, second = first - least[2 * bit], second - least[2 * bit + 1]
            changed |= ones[bit] != (second > first)
            ones[bit] = second > first
        if not changed:
            break  # the next pass would not change anything either


@compiled("void(complex128[:, ::1], int8[::1], float64[:, ::1], int64, int64, float64, float64, boolean[:, ::1])")
def decide_each(
    chips: npt.NDArray[np.complex128],
    sync: npt.NDArray[np.int8],
    thresholds: npt.NDArray[np.float64],
    neighbours: int,
    passes: int,
    clear: float,
    leak: float,
    ones: npt.NDArray[np.bool_],
) -> None:
    """Write the bits (packets, bits) into ``ones``: see ``decide_bits``; where they are clear, in no passes."""
    for packet in range(chips.shape[0]):
        is_clear = decidedness(chips[packet], sync, chips.shape[1])[1] > clear
        decide_bits(chips[packet], sync, thresholds[packet], neighbours, 0 if is_clear else passes, leak, ones[packet])
