"""Decoding of one downlink frame from envelope power, vectorised over packets: AMP-Sync timing, AMP-SIG, AMP-Data.

Bits are decided with the timing so far, their edges sharpen it, over ever longer stretches of the frame
(performance page, section 3, steps 4 to 7).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.envelope_chips import EnvelopeChips, bits_of
from ampradio.phy.envelope_contest import widest

_SYNC_WINDOWS = (0.25, 0.125, 0.0625)  # of a sync chip; wider ones take echoes that shape the ON symbol for timing
FIRST_BITS = 16
_FIRST_WINDOW = 0.5  # of a data chip
_FINAL_WINDOWS = (0.25, 0.125)
FURTHER = 1.25  # a stretch longer by less than this is read with the timing there is
_WINDOW_MIN = 1.25  # power samples; an edge inside a power sample needs its neighbours whole


_Pair = tuple[float, float]


def sync_windows(chips: EnvelopeChips) -> tuple[_Pair, ...]:
    """Return the half widths in power samples of the windows about edges of sync and data, while there is the sync."""
    return tuple((window * chips.sync_chip, 1.0) for window in _SYNC_WINDOWS)


def following_windows(chips: EnvelopeChips) -> _Pair:
    """Return those of a frame that is still being followed."""
    data_window = max(_FIRST_WINDOW * chips.data_chip, _WINDOW_MIN)
    return min(chips.sync_chip / 4, 2 * data_window), data_window


def final_windows(chips: EnvelopeChips) -> tuple[_Pair, ...]:
    """Return those of a whole frame."""
    windows = (max(fraction * chips.data_chip, _WINDOW_MIN) for fraction in _FINAL_WINDOWS)
    return tuple((window, window) for window in windows)


def time_sync(sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips) -> ChipTiming:
    """Return the timing fitted to the edges of the AMP-Sync alone; ``sums`` is the running sum (packets, n + 1)."""
    for pair in sync_windows(chips):
        timing = chips.refine(sums, timing, 0, *pair)
    return timing


def follow(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, bits: int, done_bits: int = 0
) -> ChipTiming:
    """Return ``timing``, good for the sync and ``done_bits``, fitted to the sync and the first ``bits`` bits."""
    while done_bits < bits:
        reach = min(max(3 * done_bits, FIRST_BITS), bits)
        if reach > FURTHER * done_bits:
            timing = widest(sums, timing, chips, reach, done_bits)
            timing = chips.refine(sums, timing, reach, *following_windows(chips))
        done_bits = reach
    return timing


def finish(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, bits: int
) -> tuple[ChipTiming, npt.NDArray[np.uint8]]:
    """Return the timing of a whole frame, fitted with ever narrower windows, and its ``bits`` bits (packets, bits)."""
    for pair in final_windows(chips):
        timing = chips.refine(sums, timing, bits, *pair)
    decided, _ = bits_of(sums, timing, chips, bits)
    return timing, decided
