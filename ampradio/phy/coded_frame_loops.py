"""A coded active uplink frame, from the sync to its check sequence in one call, as a loop for the accelerator.

It does step by step what ``ap_frame`` does with arrays, as far as the samples go.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.frame_check_loops import holds, octets_of_bits, size_of_frame
from ampradio.phy.uplink_chip_loops import chip_integrals, power_of_sync
from ampradio.phy.uplink_fit_loops import refine, refine_from
from ampradio.phy.uplink_follow_loops import follow
from ampradio.phy.uplink_soft_loops import derotate, soften
from ampradio.phy.viterbi_loop import decode_one, encode_one, parities

_Reals = npt.NDArray[np.float64]
_Sums = npt.NDArray[np.complex128]
_Octets = npt.NDArray[np.uint8]
_Whole = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]

WANTS_MORE, SHORT, WHOLE, FALSE_START, HEADER_FAILED, CHECK_FAILED = range(6)
FIRST, HEADER, REST = range(3)
ROWS, AFTER_HEADER, LAST_FOLLOWED, PROGRESS, POWERS = 5, 1, 2, 3, 4
"""Of the state, each (4,): the track; as it was after the header; before its last fit; stage, octets, bits, samples;
what ``powers_of_sync`` gives."""


@compiled()
def _soft_bits(
    turned: _Sums, sync: npt.NDArray[np.int8], coded: int, softness: _Reals, table: _Reals, soft: _Reals
) -> _Floats:
    """Return soft values of the first ``coded`` bits; ``softness`` has the constants of ``uplink_frame.soft_bits``."""
    sums_of = np.empty(coded + 1, np.complex128)
    neighbours, clear = int(softness[0]), softness[3]
    chips = turned[: sync.size + 2 * coded]
    soften(chips, sync, neighbours, softness[1], softness[2], clear, table, sums_of, soft[:coded])
    return soft[:coded].astype(np.float32)


@compiled()
def _size(turned: _Sums, known: int, coded: int) -> float:
    """Return the mean size of the first ``coded`` bits: ``uplink_follow.looks_keyed``."""
    total = 0.0
    for each in range(known, known + 2 * coded, 2):
        total += abs(turned[each + 1].real - turned[each].real)
    return total / coded


@compiled()
def _whole(
    row: _Sums, track: _Reals, sync: npt.NDArray[np.int8], chip: float, coded: int, finals: _Reals, limit: float,
    softness: _Reals, table: _Reals, signs: _Floats, code: _Whole, came_by: _Octets, work: tuple[_Sums, _Reals],
    decided: _Octets,
) -> None:  # fmt: skip
    """Decode the whole frame, fit ``track`` to it: ``uplink_frame.read_whole``. ``work`` begins with its chips."""
    turned, soft = work
    again, on = np.empty(coded, np.uint8), np.empty(sync.size + 2 * coded, np.int8)
    fitted, scratch = np.empty((2, 4)), np.empty((2, sync.size + 2 * coded), np.complex128)
    decode_one(_soft_bits(turned, sync, coded, softness, table, soft), signs, True, came_by, decided)
    encode_one(decided, code[0], code[1], code[2], parities(code[2]), again)
    ones = again > 0
    mended = False
    for bit in range(coded):
        mended |= ones[bit] != (soft[bit] > 0)
    fitted[0] = track
    windows = finals if mended else finals[finals.size - 1 :]
    refine_from(row, sync, chip, coded, ones, windows[0], limit, turned, scratch[0], on, fitted)
    for window in windows[1:]:
        refine(row, sync, chip, coded, ones, window, limit, scratch, on, fitted)
    track[:] = fitted[0]
    if mended:
        chip_integrals(row, track, chip, sync.size + 2 * coded, turned)
        some = _soft_bits(turned, sync, coded, softness, table, soft)
        decode_one(some, signs, True, came_by, decided)


@compiled(
    "int64(complex64[::1], float64, float64, complex128[::1], float64[:, ::1], int64[::1], float64[::1], int8[::1],"
    " float64[:, ::1], float32[:, :, :, ::1], int64[::1], int64[:, ::1], uint8[::1], uint8[:, ::1])"
)
def read_on(
    samples: npt.NDArray[np.complex64], turn: float, least: float, sums: _Sums, state: _Reals, whole: _Whole,
    numbers: _Reals, sync: npt.NDArray[np.int8], table: _Reals, signs: _Floats, crc: _Whole, sizes: _Whole,
    whitening: _Octets, read: _Octets,
) -> int:  # fmt: skip
    """Read on from ``state`` and return how far that went; ``read`` (2, …): the octets read, and the bits.

    ``sums`` (samples + 1,) is their running sum, ``turn`` cycles a sample taken off, as far as the state says. The
    mean size of a bit is at ``least`` that unless the start was a false one. ``whole``: octets of a short frame, of
    a header and what follows the shortest; tail bits; what ``follow`` looks at; the code; lengths of the lists in
    ``numbers``, which has chip, margin, what ``follow`` wants, what
    ``powers_of_sync`` leaves out, and then these: the lists of ``follow``, the windows of the sync and
    of the whole frame, and the constants of ``uplink_frame.soft_bits``.
    """
    short, header, tail, most_looked_at, code = whole[0], whole[1], whole[2], whole[3], whole[4:7]
    chip, margin, further, window, limit, clear = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
    straddle, ends = numbers[6], 7 + np.cumsum(whole[7:])
    reaches = numbers[7 : ends[0]].astype(np.int64)
    clocks, steering = numbers[ends[0] : ends[1]], numbers[ends[1] : ends[2]]
    syncing, finals, softness = numbers[ends[2] : ends[3]], numbers[ends[3] : ends[4]], numbers[ends[4] : ends[5]]
    how = (reaches, clocks, steering, most_looked_at, further, window, limit, clear)
    psdu, decided = read[0], read[1]
    known, track, none = sync.size, state[0], np.empty(0, np.bool_)
    while True:
        stage, octets = int(state[PROGRESS, 0]), int(state[PROGRESS, 1])
        bits, done = 8 * octets + tail, int(state[PROGRESS, 2])
        needed = int(math.ceil(track[0] + track[1] * (known + 4 * bits) * chip) + margin)
        if samples.size < needed:
            return WANTS_MORE
        if state[PROGRESS, 3] < needed:
            derotate(samples, turn, int(state[PROGRESS, 3]), needed, sums)
            state[PROGRESS, 3] = needed
        row = sums[: int(state[PROGRESS, 3]) + 1]
        if stage == FIRST:
            fitted, scratch, on = np.empty((2, 4)), np.empty((2, known), np.complex128), np.empty(known, np.int8)
            fitted[0] = track
            for width in syncing:
                refine(row, sync, chip, 0, none, width, limit, scratch, on, fitted)
            track[:] = fitted[0]
        follow(row, track, sync, chip, 2 * bits, done, *how)
        state[PROGRESS, 2] = 2 * bits
        turned, soft = np.empty(known + 4 * bits, np.complex128), np.empty(2 * bits)
        came_by = np.empty((bits, 2 * signs.shape[3]), np.uint8)
        chip_integrals(row, track, chip, known + 4 * bits, turned)
        if stage == REST:
            state[LAST_FOLLOWED] = track
            some = (softness, table, signs, code, came_by, (turned, soft))
            _whole(row, track, sync, chip, 2 * bits, finals, limit, *some, decided[:bits])
            octets_of_bits(decided, whitening, psdu[:octets])
            if not holds(psdu[:octets], crc, short):
                return CHECK_FAILED
            state[POWERS, 0], state[POWERS, 1] = power_of_sync(samples, row, track, sync, chip, straddle)
            return WHOLE
        if stage == FIRST and _size(turned, known, 2 * bits) <= least:
            return FALSE_START
        some_soft = _soft_bits(turned, sync, 2 * bits, softness, table, soft)
        decode_one(some_soft, signs, False, came_by, decided[:bits])
        octets_of_bits(decided, whitening, psdu[:octets])
        told = size_of_frame(psdu, sizes)
        if stage == FIRST:
            ended = not decided[bits - tail : bits].any()
            if ended and told == short and holds(psdu[:short], crc, short):
                state[POWERS, 0], state[POWERS, 1] = power_of_sync(samples, row, track, sync, chip, straddle)
                return SHORT
            state[PROGRESS, 0], state[PROGRESS, 1] = HEADER, header
            continue
        state[AFTER_HEADER] = track
        if told < header:
            return HEADER_FAILED
        state[PROGRESS, 0], state[PROGRESS, 1] = REST, told
