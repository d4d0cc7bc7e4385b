"""A downlink frame from the sync to its check sequence in one call, as a loop for the accelerator.

It does step by step what ``tag_frame`` does with arrays, as far as the power samples go.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.envelope_contest_loops import widest
from ampradio.phy.envelope_loops import decide_chips, levels_of, refine
from ampradio.phy.frame_check_loops import holds, size_of_frame

_Reals = npt.NDArray[np.float64]
_Chips = npt.NDArray[np.int8]
_Octets = npt.NDArray[np.uint8]
_Whole = npt.NDArray[np.int64]
_Stack = tuple[_Reals, _Reals, _Reals]
_Tries = tuple[int, _Reals, _Reals, _Reals, float, float, float]

WANTS_MORE, SIG_FAILED, LENGTH_CHANGED, READ = range(4)
START, STRETCH, OCTETS, BITS_DONE, SUMMED, NEEDED, SIGNALLED, ON, OFF, HOLDS = range(10)
"""Of the state: the timing; octets of the PSDU wanted next, 0 while AMP-SIG is, and bits followed; power samples summed
and wanted; what AMP-SIG said first; of the whole frame mean ON and OFF power and whether its check sequence holds."""
ONCE_FOLLOWED, FINAL = 3, 4
"""Of the windows: those of the sync come first, then that of a frame still being followed, then those of all of it."""


@compiled()
def _refined(
    row: _Reals, edges: _Reals, sync: _Chips, windows: _Stack, which: int, around: int, limit: float, timing: _Reals
) -> None:
    """Correct ``timing`` with the windows number ``which``."""
    refine(row, edges, sync, windows[0][which], windows[1][which], windows[2][which], around, limit, timing)


@compiled()
def _follow(
    row: _Reals, edges: _Reals, sync: _Chips, windows: _Stack, around: int, limit: float, bits: int, done: int,
    first: int, further: float, tries: _Tries, timing: _Reals,
) -> None:  # fmt: skip
    """Fit ``timing``, good for ``done`` bits, to the first ``bits``: ``envelope_frame.follow``."""
    while done < bits:
        reach = min(max(3 * done, first), bits)
        if reach > further * done:
            so_far = edges[: sync.size + 2 * reach + 1]
            widest(row, so_far, sync, done, *tries, timing)
            _refined(row, so_far, sync, windows, ONCE_FOLLOWED, around, limit, timing)
        done = reach


@compiled()
def _octets_of(chips: _Chips, out: _Octets) -> None:
    """Write the octets of Manchester ``chips`` (16·octets,) into ``out``."""
    for octet in range(out.size):
        value = 0
        for bit in range(8):
            value |= int(chips[16 * octet + 2 * bit + 1]) << bit
        out[octet] = value


@compiled()
def _signalled(at: _Reals, chips: _Chips, signals: _Whole, unsure: float, octets: _Octets) -> bool:
    """Write AMP-SIG between the sums ``at`` (2·bits + 1,) into ``octets``: ``amp_sig.partial_id_by``.

    Return whether it is one.
    """
    _octets_of(chips, octets)
    if signals[octets[0]] == octets[1]:
        return True
    least, smallest, total = 0, np.inf, 0.0
    for bit in range(chips.size // 2):
        first, second = at[2 * bit + 1] - at[2 * bit], at[2 * bit + 2] - at[2 * bit + 1]
        sureness = abs(second - first)
        total += sureness
        if sureness < smallest:
            least, smallest = bit, sureness
    if smallest >= unsure * total / (chips.size // 2):
        return False
    octets[least // 8] ^= 1 << least % 8
    return bool(signals[octets[0]] == octets[1])


@compiled(
    "int64(float32[::1], boolean, float64[::1], float64[::1], float64[::1], int8[::1], float64[:, ::1],"
    " float64[:, :, ::1], float64[:, :, ::1], int64, float64, float64, int64[::1], float64, int64, float64[::1],"
    " float64[::1], float64[::1], float64, float64, float64, int64[::1], float64, int64[::1], int64[:, ::1],"
    " uint8[::1])"
)
def read_on(
    power: npt.NDArray[np.float32], streams: bool, sums: _Reals, state: _Reals, edges: _Reals, sync: _Chips,
    half: _Reals, on_expected: _Reals, slope_expected: _Reals, around: int, limit: float, margin: float,
    lengths: _Whole, further: float, most_bits: int, late: _Reals, gained: _Reals, steering: _Reals,
    off_scale: float, least: float, straddle: float, signals: _Whole, unsure: float, crc: _Whole, sizes: _Whole,
    psdu: _Octets,
) -> int:  # fmt: skip
    """Read on from ``state`` and return how far that went; ``psdu`` begins with what was read.

    ``sums`` (samples + 1,) is the running sum of ``power``, as far as the state says. If it ``streams`` no step sees
    more samples than it needs, nor fewer; else all there are. ``lengths``: bits of AMP-SIG,
    octets of a short frame, octets that tell the size of another, bits followed first. ``signals`` (256,) is the
    second octet of AMP-SIG by its first, less than 0 where that is none; ``unsure`` as in ``amp_sig``.
    """
    sig_bits, short, sizing, begin = lengths[0], lengths[1], lengths[2], lengths[3]
    windows = (half, on_expected, slope_expected)
    tries = (most_bits, late, gained, steering, off_scale, least, limit)
    known, timing = sync.size, state[: STRETCH + 1]
    while True:
        octets, done, ready = int(state[OCTETS]), int(state[BITS_DONE]), int(state[SUMMED])
        bits = sig_bits + 8 * octets
        whole = edges[: known + 2 * bits + 1]
        needed = math.ceil(timing[0] + timing[1] * edges[known + 2 * bits] + margin)
        state[NEEDED] = needed
        if streams and power.size < needed:
            return WANTS_MORE
        seen = needed if streams else power.size
        total = sums[ready]
        for sample in range(ready, seen):
            total += power[sample]
            sums[sample + 1] = total
        state[SUMMED] = max(ready, seen)
        row = sums[: seen + 1]
        if octets == 0:
            for which in range(ONCE_FOLLOWED):
                _refined(row, edges[: known + 1], sync, windows, which, around, limit, timing)
        _follow(row, edges, sync, windows, around, limit, bits, done, begin, further, tries, timing)
        state[BITS_DONE] = bits
        at, chips, fitted = np.empty(whole.size), np.empty(whole.size - 1, np.int8), timing.copy()
        for which in range(FINAL, half.shape[0]):
            _refined(row, whole, sync, windows, which, around, limit, fitted)
        decide_chips(row, fitted, whole, sync, at, chips)
        if octets == 0:
            timing[:] = fitted
            is_one = _signalled(at[known:], chips[known:], signals, unsure, psdu[: sig_bits // 8])
            state[SIGNALLED], state[OCTETS] = psdu[0], short
            if is_one:
                continue
            return SIG_FAILED
        _octets_of(chips[known + 2 * sig_bits :], psdu[:octets])
        told = size_of_frame(psdu, sizes) if octets >= sizing or sizes[0, psdu[0]] else sizing
        if told > octets:
            state[OCTETS] = told
            continue
        timing[:] = fitted
        if told < octets:
            return LENGTH_CHANGED
        state[ON], state[OFF] = levels_of(row, timing, whole, chips, straddle)
        state[HOLDS] = holds(psdu[:octets], crc, short)
        return READ


@compiled(
    "void(float32[:, ::1], int64[::1], float64[:, ::1], float64[::1], int8[::1], float64[:, ::1], float64[:, :, ::1],"
    " float64[:, :, ::1], int64, float64, float64, int64[::1], float64, int64, float64[::1], float64[::1],"
    " float64[::1], float64, float64, float64, int64[::1], float64, int64[::1], int64[:, ::1], uint8[:, ::1],"
    " int64[::1])"
)
def read_each(
    power: npt.NDArray[np.float32], rows: _Whole, states: _Reals, edges: _Reals, sync: _Chips,
    half: _Reals, on_expected: _Reals, slope_expected: _Reals, around: int, limit: float, margin: float,
    lengths: _Whole, further: float, most_bits: int, late: _Reals, gained: _Reals, steering: _Reals,
    off_scale: float, least: float, straddle: float, signals: _Whole, unsure: float, crc: _Whole, sizes: _Whole,
    psdus: _Octets, found: _Whole,
) -> None:  # fmt: skip
    """Do that to a frame in each of ``rows`` (n,) of ``power``, all of it there; ``found`` (n,) says how it went."""
    sums = np.zeros(power.shape[1] + 1)
    for each in range(rows.size):
        found[each] = read_on(
            power[rows[each]], False, sums, states[each], edges, sync, half, on_expected, slope_expected, around,
            limit, margin, lengths, further, most_bits, late, gained, steering, off_scale, least, straddle, signals,
            unsure, crc, sizes, psdus[each],
        )  # fmt: skip
