"""An uncoded uplink frame, from its samples to its octets in one call, as a loop for the accelerator.

It does step by step what ``uncoded_frame`` and ``uncoded_reader`` do with arrays, as far as the samples go.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.frame_check_loops import holds, octets_of_bits, size_of_frame
from ampradio.phy.uncoded_loops import decide_bits
from ampradio.phy.uplink_chip_loops import chip_integrals
from ampradio.phy.uplink_fit_loops import refine
from ampradio.phy.uplink_follow_loops import decidedness, follow
from ampradio.phy.uplink_soft_loops import derotate

_Reals = npt.NDArray[np.float64]
_Sums = npt.NDArray[np.complex128]
_Octets = npt.NDArray[np.uint8]
_Whole = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]
_Samples = npt.NDArray[np.complex64]
_BLOCK = 64  # samples interpolated at once


@compiled()
def _weigh(row: _Floats, taps: _Floats, out: _Floats) -> None:
    """Write the sums of ``taps`` on ``row`` (out + taps − 1,) into ``out``, five taps in one pass."""
    size = out.size
    out[:] = np.float32(0)
    for tap in range(0, taps.size, 5):
        one, two, three = row[tap : tap + size], row[tap + 1 : tap + 1 + size], row[tap + 2 : tap + 2 + size]
        four, five = row[tap + 3 : tap + 3 + size], row[tap + 4 : tap + 4 + size]
        for each in range(size):
            early = taps[tap] * one[each] + taps[tap + 1] * two[each]
            late = taps[tap + 3] * four[each] + taps[tap + 4] * five[each]
            out[each] += early + (taps[tap + 2] * three[each] + late)


@compiled()
def interpolate(samples: _Samples, kernel: _Floats, before: int, first: int, out: _Samples) -> None:
    """Write the samples from ``first`` on, ``kernel`` (factor, taps) for one, into ``out``: ``uncoded_frame.finer``.

    The first tap is for the sample ``before`` samples earlier; the number of taps is a multiple of five.
    """
    factor, taps, stop = kernel.shape[0], kernel.shape[1], samples.size
    parts, sums = np.zeros((2, _BLOCK + taps), np.float32), np.empty((2, _BLOCK), np.float32)
    for begin in range(first, stop, _BLOCK):
        for each in range(_BLOCK + taps - 1):
            at = begin + each - before
            inside = 0 <= at < samples.size
            parts[0, each] = samples[at].real if inside else np.float32(0)
            parts[1, each] = samples[at].imag if inside else np.float32(0)
        size = min(_BLOCK, stop - begin)
        for phase in range(factor):
            _weigh(parts[0], kernel[phase], sums[0])
            _weigh(parts[1], kernel[phase], sums[1])
            for each in range(size):
                out[factor * (begin + each) + phase] = complex(sums[0, each], sums[1, each])


@compiled()
def _decide(
    row: _Sums, track: _Reals, sync: npt.NDArray[np.int8], chip: float, bits: int, neighbours: int, passes: int,
    clear: float, leak: float, turned: _Sums, ones: npt.NDArray[np.bool_],
) -> bool:  # fmt: skip
    """Write the first ``bits`` bits into ``ones``: ``uncoded_frame.decided``; return whether they are clear."""
    count = sync.size + 2 * bits
    chip_integrals(row, track, chip, count, turned)
    is_clear = decidedness(turned, sync, count)[1] > clear
    decide_bits(turned[:count], sync, np.empty(0), neighbours, 0 if is_clear else passes, leak, ones[:bits])
    return bool(is_clear)


@compiled()
def _read(
    row: _Sums, track: _Reals, sync: npt.NDArray[np.int8], chip: float, bits: int, hasty: bool, finals: _Reals,
    limit: float, neighbours: int, passes: _Whole, leak: float, clear: float, whitening: _Octets, octets: _Octets,
) -> None:  # fmt: skip
    """Fit ``track`` to ``bits`` bits and write the octets they are: ``uncoded_frame.read_bits``.

    If ``hasty``, clear bits are taken as the track shows them.
    """
    count = sync.size + 2 * bits
    turned, ones = np.empty(count, np.complex128), np.empty(bits, np.bool_)
    fitted, scratch, on = np.empty((2, 4)), np.empty((2, count), np.complex128), np.empty(count, np.int8)
    fitted[0] = track
    for index in range(finals.size + 1):
        last = index == finals.size
        which = passes[1] if last else passes[0]
        is_clear = _decide(row, fitted[0], sync, chip, bits, neighbours, which, clear, leak, turned, ones)
        if last or (hasty and is_clear):
            break
        if index == 0 and is_clear and finals.size > 1:
            continue
        refine(row, sync, chip, bits, ones, finals[index], limit, scratch, on, fitted)
    track[:] = fitted[0]
    octets_of_bits(ones.view(np.uint8), whitening, octets)


@compiled(
    "int64(complex64[::1], float64, float64[:, ::1], float32[:, ::1], int64, int8[::1], float64, int64[::1],"
    " float64[::1], float64[::1], float64, int64[::1], float64[::1], float64[::1], int64, float64, float64, float64,"
    " float64, int64, int64[::1], float64, int64[::1], int64[:, ::1], uint8[::1], uint8[::1])"
)
def read_frame(
    samples: _Samples, turn: float, tracks: _Reals, kernel: _Floats, before: int,
    sync: npt.NDArray[np.int8], chip: float, lengths: _Whole, syncing: _Reals, finals: _Reals, margin: float,
    reaches: _Whole, clocks: _Reals, steering: _Reals, most_looked_at: int, further: float, window: float,
    limit: float, clear: float, neighbours: int, passes: _Whole, leak: float, crc: _Whole, sizes: _Whole,
    whitening: _Octets, psdu: _Octets,
) -> int:  # fmt: skip
    """Read a frame and return its octets; less than 0, so many are wanted; 0, its header cannot be.

    ``tracks`` (2, 4): the one begun with, in finer samples, and how it was when so many came to be wanted. ``turn`` is
    in cycles a finer sample. ``passes``: while the frame is fitted, and at last.
    """
    how = (reaches, clocks, steering, most_looked_at, further, window, limit, clear)
    short, header = lengths[0], lengths[1]
    known, factor, track, none = sync.size, kernel.shape[0], tracks[0], np.empty(0, np.bool_)
    few = (finals, limit, neighbours, passes, leak, clear, whitening)
    fine, sums = np.empty(factor * samples.size, np.complex64), np.empty(factor * samples.size + 1, np.complex128)
    sums[0], ready, done, octets, stage = 0, 0, 0, short, 0
    while True:
        begun = track.copy()
        end = track[0] / factor + track[1] * ((known + 16 * octets) * chip) / factor
        needed = int(math.ceil(end) + margin)
        if samples.size < needed:
            tracks[1] = begun
            return -int(octets)
        if needed > ready:
            first = max(ready - _BLOCK, 0) // _BLOCK * _BLOCK  # the last of those there are miss their neighbours
            if factor == 1:
                derotate(samples, turn, first, needed, sums)
            else:
                interpolate(samples[:needed], kernel, before, first, fine)
                derotate(fine, turn, factor * first, factor * needed, sums)
            ready = needed
        row = sums[: factor * ready + 1]
        if stage == 0:
            fitted, scratch, on = np.empty((2, 4)), np.empty((2, known), np.complex128), np.empty(known, np.int8)
            fitted[0] = track
            for width in syncing:
                refine(row, sync, chip, 0, none, width, limit, scratch, on, fitted)
            track[:] = fitted[0]
        follow(row, track, sync, chip, 8 * octets, done, *how)
        done, begun = 8 * octets, track.copy()
        _read(row, track, sync, chip, done, stage < 2, *few, psdu[:octets])
        if stage == 2:
            return int(octets)
        told = size_of_frame(psdu, sizes)
        if stage == 0 and told == short:
            track[:] = begun
            _read(row, track, sync, chip, done, False, *few, psdu[:octets])
            if size_of_frame(psdu, sizes) == short and holds(psdu[:short], crc, short):
                return int(octets)
        track[:] = begun
        if stage == 1 and told <= short:
            return 0
        octets = header if stage == 0 else told
        stage += 1
