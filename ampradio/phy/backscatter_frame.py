"""Decoding of a mono-static reply, vectorised over packets: from a found AMP-Sync through the header to the PSDU.

Bits are decided with the timing so far and their edges sharpen it, over ever longer stretches; before each, clocks
about the present one are compared, since a clock read off 24 chips alone may be a chip off some way on.
Performance page, section 3; the frame is neither coded nor scrambled (air-interface page, rule 21).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.backscatter_chips import ReplyChips, ReplyTrack
from ampradio.phy.backscatter_leak import WipedOff
from ampradio.phy.edge_timing import ChipTiming

_SYNC_WINDOWS = (0.5, 0.5, 0.25)  # of a chip
_FIRST_BITS = 12
_DATA_WINDOWS = (0.5, 0.25)
_FINAL_WINDOWS = (0.25, 0.125, 0.125)
_WINDOW_MIN = 1.25  # samples; an edge inside a sample needs its neighbours whole
_STEERING = np.linspace(-1.5, 1.5, 13)  # chips gained at the end of the stretch by the clocks compared


def follow_sync(signal: WipedOff, timing: ChipTiming, chips: ReplyChips) -> ReplyTrack:
    """Return the track fitted to the AMP-Sync alone."""
    track = chips.begin(timing)
    for window in _SYNC_WINDOWS:
        track = chips.refine(signal, track, 0, _window(chips, window))
    return track


def follow_data(signal: WipedOff, track: ReplyTrack, chips: ReplyChips, bits: int, done_bits: int = 0) -> ReplyTrack:
    """Return ``track``, good for the sync and ``done_bits``, continued over the first ``bits`` by deciding them."""
    while done_bits < bits:
        reach = min(max(2 * done_bits, _FIRST_BITS), bits)
        pivot = 0.5 * chips.data_end(done_bits)
        change = _STEERING * chips.chip / (chips.data_end(reach) - pivot)
        track = chips.steered(signal, track, reach, change, pivot)
        for window in _DATA_WINDOWS:
            track = chips.refine(signal, track, reach, _window(chips, window))
        done_bits = reach
    return track


def finish(
    signal: WipedOff, track: ReplyTrack, chips: ReplyChips, bits: int
) -> tuple[ReplyTrack, npt.NDArray[np.uint8]]:
    """Return the track of a whole frame, fitted with ever narrower windows, and its ``bits`` bits (packets, bits)."""
    for window in _FINAL_WINDOWS:
        track = chips.refine(signal, track, bits, _window(chips, window))
    return track, chips.bits(signal, track, bits)


def _window(chips: ReplyChips, part: float) -> float:
    return max(part * chips.chip, _WINDOW_MIN)
