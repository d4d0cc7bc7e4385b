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
from ampradio.phy.uplink_powers_loops import power_of_sync
from ampradio.phy.uplink_soft_loops import derotate

_Reals = npt.NDArray[np.float64]
_Octets = npt.NDArray[np.uint8]
_Whole = npt.NDArray[np.int64]


@compiled(
    "int64(complex64[::1], float64, float64[::1], float64[::1], float64[::1], int8[::1], int64[::1], int64[:, ::1],"
    " uint8[::1], uint8[::1])"
)
def read_clear(
    samples: npt.NDArray[np.complex64], turn: float, track: _Reals, how: _Reals, syncing: _Reals,
    sync: npt.NDArray[np.int8], crc: _Whole, sizes: _Whole, whitening: _Octets, psdu: _Octets,
) -> int:  # fmt: skip
    """Read a frame into ``psdu`` and return its octets; 0 if it is not clear or fails its check.

    Less than 0: it is clear so far and of so many octets, which are not all there.

    ``track`` (6,) begins with start and stretch, ``turn`` is in cycles a sample; in the end it has start, stretch,
    phase, turn, and what ``power_of_sync`` tells. ``how``: samples of a chip, those wanted past the frame, the windows
    of a stretch and of the whole, the largest clock error, what is clear, how many times longer the next stretch is,
    octets of a short frame, what ``power_of_sync`` leaves out.
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
            track[:4] = fitted[0]
            return -told
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
    track[:4] = fitted[0]
    track[4], track[5] = power_of_sync(samples, row, fitted[0], sync, chip, how[8])
    return told
