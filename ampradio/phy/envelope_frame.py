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
_FIRST_BITS = 16
_FIRST_WINDOW = 0.5  # of a data chip
_FINAL_WINDOWS = (0.25, 0.125)
_FURTHER = 1.25  # a stretch longer by less than this is read with the timing there is
_WINDOW_MIN = 1.25  # power samples; an edge inside a power sample needs its neighbours whole


def time_sync(sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips) -> ChipTiming:
    """Return the timing fitted to the edges of the AMP-Sync alone; ``sums`` is the running sum (packets, n + 1)."""
    for window in _SYNC_WINDOWS:
        timing = chips.refine(sums, timing, 0, window * chips.sync_chip, 1.0)
    return timing


def follow(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, bits: int, done_bits: int = 0
) -> ChipTiming:
    """Return ``timing``, good for the sync and ``done_bits``, fitted to the sync and the first ``bits`` bits."""
    data_window = max(_FIRST_WINDOW * chips.data_chip, _WINDOW_MIN)
    while done_bits < bits:
        reach = min(max(3 * done_bits, _FIRST_BITS), bits)
        if reach > _FURTHER * done_bits:
            timing = widest(sums, timing, chips, reach, done_bits)
            timing = chips.refine(sums, timing, reach, min(chips.sync_chip / 4, 2 * data_window), data_window)
        done_bits = reach
    return timing


def finish(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, bits: int
) -> tuple[ChipTiming, npt.NDArray[np.uint8]]:
    """Return the timing of a whole frame, fitted with ever narrower windows, and its ``bits`` bits (packets, bits)."""
    for fraction in _FINAL_WINDOWS:
        window = max(fraction * chips.data_chip, _WINDOW_MIN)
        timing = chips.refine(sums, timing, bits, window, window)
    decided, _ = bits_of(sums, timing, chips, bits)
    return timing, decided
