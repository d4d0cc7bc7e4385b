"""How far coded uplink frames reach in the samples of a stream."""

from __future__ import annotations

import math
from functools import lru_cache

from ampradio.phy.reception import Itself
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS

UNSURE_NS = 5_000
"""How much less an announced end is trusted: under the right clock it may be earlier by so much."""

_MARGIN_NS = 1_000  # read this far past the last chip
_LEAD_CHIPS = 2  # kept before the sync, for the windows of its first edges
_EARLY_CLOCK_ERROR = 1e-3
_NS_PER_S = 1_000_000_000


class CodedExtent:
    """Of the frames of one rate: how many octets the shortest and the longest have, and where one ends.

    Positions are in samples from ``lead`` before the nominal begin of the AMP-Sync.
    """

    def __init__(self, profile: Profile, chips: UplinkChips, rate_sps: int) -> None:
        """Lay out; ``header`` is the shortest frame that has a Length, ``tail`` in bits."""
        mac = profile.mac
        self.lead = lead_samples(chips)
        self.margin = _MARGIN_NS * rate_sps // _NS_PER_S
        self.short = mac.short_frame_octets
        self.header = SIZING_OCTETS + 1 + mac.fcs_octets
        self.longest = mac.header_octets + mac.body_octets_max + mac.fcs_octets
        self.tail = profile.uplink.bcc_tail_bits
        self._unsure = UNSURE_NS * rate_sps // _NS_PER_S
        self._known, self._chip = chips.sync.size, chips.chip

    def end(self, start: float, stretch: float, octets: int) -> float:
        """Return where a frame of ``octets`` ends whose AMP-Sync begins at ``start`` under a clock of ``stretch``."""
        return start + stretch * self._nominal(octets)

    def needed(self, start: float, stretch: float, octets: int) -> int:
        """Return how many samples such a frame is read from."""
        return math.ceil(start + stretch * self._nominal(octets)) + self.margin

    def earliest_end(self, origin: int, start: float, stretch: float, octets: int) -> int:
        """Return the sample of the stream before which such a frame, which begins at ``origin``, cannot end."""
        unread = self._nominal(octets) * _EARLY_CLOCK_ERROR
        return int(origin + self.end(start, stretch, octets) - self._unsure - unread)

    def _nominal(self, octets: int) -> float:
        return (self._known + 4 * (8 * octets + self.tail)) * self._chip  # rate 1/2, Manchester


def lead_samples(chips: UplinkChips) -> int:
    """Return how many samples before the AMP-Sync are kept for the windows of its first edges."""
    return int(_LEAD_CHIPS * chips.chip)


@lru_cache(maxsize=64)
def coded_extent(own: Itself, chips: UplinkChips, rate_sps: int) -> CodedExtent:
    """Return the extent for these; kept, for windows come and go."""
    return CodedExtent(own.profile, chips, rate_sps)
