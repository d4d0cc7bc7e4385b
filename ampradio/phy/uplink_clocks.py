"""An uplink frame whose check failed, read once more under other clocks: each followed over all of the frame.

The contest at the beginning of a frame (``uplink_follow``) hears 64 coded bits, in which noise may favour a clock that
has slipped by a chip at the end. Over a whole frame the right one is far more decided, and the check sequence judges.
"""

from __future__ import annotations

import numpy as np

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import begun_under_each, follow_data
from ampradio.phy.uplink_track import UplinkTrack

MOST = 3
"""Tracks to a frame at most: each is one more chance for a check sequence to hold over noise."""


def other_clocks(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> tuple[list[UplinkTrack], int]:
    """Return the tracks of one packet under the clocks that make its first ``coded_bits`` most decided, best last.

    ``track`` is fitted to the AMP-Sync. Those returned are good for as many coded bits as is returned beside them.
    """
    begun, done = begun_under_each(track, chips, coded_bits)
    followed = follow_data(begun, chips, coded_bits, done)
    turned = chips.turned(followed, 2 * coded_bits).real
    word, data = turned[:, : chips.sync.size], turned[:, chips.sync.size :]
    score = np.add.reduce(np.abs(data[:, 1::2] - data[:, 0::2]), axis=1) + word @ chips.signs
    best = np.argsort(score, kind="stable")[-MOST:]
    return [begun.of(best[each : each + 1]) for each in range(best.size)], done


def ends(timing: ChipTiming, chips: UplinkChips, coded_bits: int) -> float:
    """Return the sample at which one packet's first ``coded_bits`` end."""
    return float(timing.start[0] + timing.stretch[0] * chips.data_end(2 * coded_bits))
