"""Reading of one command without AMP-SIG from envelope power, vectorised over packets: its clock, its edges, its bits.

Bits are decided with the timing so far and their edges sharpen it, over ever longer stretches of the frame; under a
clock up to 10 % off, clocks are compared first. Performance page, section 3, steps 4 to 7.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.mono_tag_chips import MonoTagChips
from ampradio.phy.running_sum import integral_to

FIRST_BITS = 24
WOKEN_REACH = 2.2
"""How far before the AMP-Sync ``woken`` looks, in durations of the non-AMP portion."""
_WOKEN_LAST, _WOKEN_GAP = 1.45, 1.2
_FIRST_STARTS = np.linspace(-0.5, 0.5, 7)  # chips
_FIRST_CLOCKS = 41  # over the tolerance
_STEERING = np.linspace(-1.5, 1.5, 13)  # chips gained at the end of the stretch by the clocks compared
_WINDOWS = (0.5, 0.25)  # of a chip
_FINAL_WINDOWS = (0.25, 0.125, 0.125)
_WINDOW_MIN = 1.25  # power samples; an edge inside a power sample needs its neighbours whole
_WOKEN = 0.5  # least power before the non-AMP portion, over that of the sync, to be a WUP-Excitation


def begun(sums: npt.NDArray[np.float64], timing: ChipTiming, chips: MonoTagChips) -> ChipTiming:
    """Return the timing over ``FIRST_BITS`` bits: the best of all clocks and of starts about the one found.

    ``sums`` is the running sum (packets, n + 1).
    """
    starts, clocks = np.meshgrid(_FIRST_STARTS * chips.chip, chips.clocks(_FIRST_CLOCKS))
    nominal = ChipTiming(timing.start, np.ones_like(timing.stretch))
    timing = chips.steered(sums, nominal, FIRST_BITS, starts.reshape(-1), clocks.reshape(-1), 0.0)
    return _refined(sums, timing, chips, FIRST_BITS, _WINDOWS)


def followed(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: MonoTagChips, bits: int, done_bits: int
) -> ChipTiming:
    """Return ``timing``, good for ``done_bits``, fitted to the first ``bits`` bits."""
    while done_bits < bits:
        reach = min(2 * done_bits, bits)
        pivot = 0.5 * chips.data_end(done_bits)
        clocks = chips.slopes(_STEERING, reach, pivot)
        timing = chips.steered(sums, timing, reach, np.zeros_like(clocks), clocks, pivot)
        timing = _refined(sums, timing, chips, reach, _WINDOWS)
        done_bits = reach
    return timing


def finished(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: MonoTagChips, bits: int
) -> tuple[ChipTiming, npt.NDArray[np.uint8]]:
    """Return the timing of a whole frame, fitted with ever narrower windows, and its ``bits`` bits (packets, bits)."""
    timing = _refined(sums, timing, chips, bits, _FINAL_WINDOWS)
    return timing, chips.bits(sums, timing, bits)


def woken(
    sums: npt.NDArray[np.float64],
    timing: ChipTiming,
    chips: MonoTagChips,
    floor: npt.NDArray[np.float64],
    non_amp: float,
) -> npt.NDArray[np.bool_]:
    """Return whether a WUP-Excitation came before (packets,): power where a non-AMP portion could not reach.

    All of that and the last of it alone are looked at: of a TXOP's PPDU before this one only the first part is there.
    ``non_amp`` is the nominal duration of that in power samples, ``floor`` (packets,) the noise in one.
    """
    at = timing.at(np.array([-part * non_amp for part in (WOKEN_REACH, _WOKEN_LAST, _WOKEN_GAP)]))
    ends = integral_to(sums, at)
    before = (ends[:, 2:] - ends[:, :2]) / (at[:, 2:] - at[:, :2]) - floor[:, np.newaxis]
    edges = chips.edges(0)[[1, 5]]  # ON in the sync
    on = np.diff(integral_to(sums, timing.at(edges)), axis=1)[:, 0] / (edges[1] - edges[0]) / timing.stretch - floor
    above: npt.NDArray[np.bool_] = (before > _WOKEN * on[:, np.newaxis]).all(axis=1)
    return above


def _refined(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: MonoTagChips, bits: int, windows: tuple[float, ...]
) -> ChipTiming:
    for window in windows:
        timing = chips.refine(sums, timing, bits, max(window * chips.chip, _WINDOW_MIN))
    return timing
