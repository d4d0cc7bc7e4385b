"""A coded active uplink frame, from the sync to its check sequence in one call, as a loop for the accelerator.

It does step by step what ``ap_frame`` does with arrays, as far as the samples go.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.frame_check_loops import holds, octets_of_bits, size_of_frame
from ampradio.phy.uplink_chip_loops import chip_integrals
from ampradio.phy.uplink_fit_loops import refine, refine_from
from ampradio.phy.uplink_follow_loops import follow
from ampradio.phy.uplink_powers_loops import power_of_sync
from ampradio.phy.uplink_soft_loops import derotate, soften
from ampradio.phy.viterbi_loop import decode_codeword, decode_one, encode_one, parities

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
def _decode(
    turned: _Sums, sync: npt.NDArray[np.int8], softness: _Reals, table: _Reals, signs: _Floats, code: _Whole,
    parity: _Octets, terminated: bool, soft: _Reals, decided: _Octets,
) -> bool:  # fmt: skip
    """Write soft values and bits; return whether the signs of the soft values are a codeword.

    ``softness`` has the constants of ``uplink_frame.soft_bits``.
    """
    coded, known, clear = soft.size, sync.size, softness[3]
    sums_of, chips = np.empty(coded + 1, np.complex128), turned[: known + 2 * coded]
    soften(chips, sync, int(softness[0]), softness[1], softness[2], clear, table, sums_of, soft)
    if decode_codeword(soft, code[0], code[1], code[2], parity, terminated, decided):
        return True
    came_by = np.empty((decided.size, 2 * signs.shape[3]), np.uint8)
    decode_one(soft.astype(np.float32), signs, terminated, came_by, decided)
    return False


@compiled()
def _size(turned: _Sums, known: int, coded: int) -> float:
    """Return the mean size of the first ``coded`` bits: ``uplink_follow.looks_keyed``."""
    total = 0.0
    for each in range(known, known + 2 * coded, 2):
        total += abs(turned[each + 1].real - turned[each].real)
    return total / coded


@compiled()
def _whole(
    row: _Sums, track: _Reals, sync: npt.NDArray[np.int8], chip: float, finals: _Reals, limit: float,
    softness: _Reals, table: _Reals, signs: _Floats, code: _Whole, parity: _Octets, turned: _Sums, soft: _Reals,
    decided: _Octets,
) -> None:  # fmt: skip
    """Decode the whole frame, whose chips are ``turned``, and fit ``track`` to it: ``uplink_frame.read_whole``."""
    coded = soft.size
    on, ones = np.empty(turned.size, np.int8), np.empty(coded, np.bool_)
    fitted, scratch = np.empty((2, 4)), np.empty((2, turned.size), np.complex128)
    some = (softness, table, signs, code, parity, True, soft, decided)
    mended = not _decode(turned, sync, *some)
    if mended:
        again = np.empty(coded, np.uint8)
        encode_one(decided, code[0], code[1], code[2], parity, again)
        mended = False
        for bit in range(coded):
            ones[bit] = again[bit] > 0
            mended |= ones[bit] != (soft[bit] > 0)
    else:
        for bit in range(coded):
            ones[bit] = soft[bit] > 0
    fitted[0] = track
    windows = finals if mended else finals[finals.size - 1 :]
    refine_from(row, sync, chip, coded, ones, windows[0], limit, turned, scratch[0], on, fitted)
    for window in windows[1:]:
        refine(row, sync, chip, coded, ones, window, limit, scratch, on, fitted)
    track[:] = fitted[0]
    if mended:
        chip_integrals(row, track, chip, turned.size, turned)
        _decode(turned, sync, *some)


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
    known, track, none, parity = sync.size, state[0], np.empty(0, np.bool_), parities(code[2])
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
        turned, soft = np.empty(known + 4 * bits, np.complex128), np.empty(2 * bits)
        if stage == FIRST:
            fitted, scratch, on = np.empty((2, 4)), np.empty((2, known), np.complex128), np.empty(known, np.int8)
            fitted[0] = track
            for width in syncing:
                refine(row, sync, chip, 0, none, width, limit, scratch, on, fitted)
            track[:] = fitted[0]
        follow(row, track, sync, chip, 2 * bits, done, *how)
        state[PROGRESS, 2] = 2 * bits
        chip_integrals(row, track, chip, known + 4 * bits, turned)
        if stage == REST:
            state[LAST_FOLLOWED] = track
            some = (softness, table, signs, code, parity, turned, soft)
            _whole(row, track, sync, chip, finals, limit, *some, decided[:bits])
            octets_of_bits(decided, whitening, psdu[:octets])
            if not holds(psdu[:octets], crc, short):
                return CHECK_FAILED
            state[POWERS, 0], state[POWERS, 1] = power_of_sync(samples, row, track, sync, chip, straddle)
            return WHOLE
        if stage == FIRST and _size(turned, known, 2 * bits) <= least:
            return FALSE_START
        _decode(turned, sync, softness, table, signs, code, parity, False, soft, decided[:bits])
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
