"""``time_scale``: how much longer than the draft's the spaces between PPDUs are, so that a host can keep up.

What a PPDU lasts stays the draft's. In a run every interframe space has a PPDU before it, so intervals of several
frames grow by less than ``time_scale``: by ``slowness`` at the most, and by that a station's timeouts are stretched.
"""

from __future__ import annotations

from dataclasses import replace

from ampradio.profile.airtime import downlink_type1_ns, uplink_active_ns
from ampradio.profile.model import Profile

LONGEST = 100_000  # an interframe space of a second
EMULATED, FLOWGRAPH, WALL = 1000, 8000, 40_000
"""An interframe space of 10 ms where time waits for the host, of 400 ms where it does not; flowgraphs hold more."""
REFLECTED_EMULATED, REFLECTED_WALL = 100, 10_000
"""With tags that reflect, at 20 MS/s: 1 ms, so that T3 is the draft's, or 100 ms, and T3 too."""


def stretched(profile: Profile, time_scale: int, reradiated: bool = False) -> Profile:
    """Return ``profile`` with an AMP SIFS ``time_scale`` times as long, from which slots and Acks are counted.

    A mono-static tag answers after T3, within the PPDU. Where a radio answers for it (``reradiated``) that is no
    shorter than the SIFS, its tolerance as long as ever, and the longest PPDU is longer by as much.
    """
    timing, downlink = profile.timing, profile.downlink
    sifs_ns = timing.amp_sifs_ns * time_scale
    t3_ns = max(timing.t3_ns, sifs_ns)
    timing = replace(timing, amp_sifs_ns=sifs_ns)
    if reradiated and t3_ns > timing.t3_ns:
        share = timing.t3_ns / t3_ns
        downlink = replace(downlink, max_ppdu_ns=downlink.max_ppdu_ns + t3_ns - timing.t3_ns)
        timing = replace(
            timing,
            t3_ns=t3_ns,
            t3_tolerance=timing.t3_tolerance * share,
            bst_t3_factor=1 + (timing.bst_t3_factor - 1) * share,
        )
    return replace(profile, timing=timing, downlink=downlink)


def slowness_of(profile: Profile, downlink_bps: int, uplink_bps: int, time_scale: int) -> int:
    """Return by how much an interval of a run over ``profile``, not stretched yet, grows at the most."""
    octets = profile.mac.short_frame_octets
    shortest_ns = min(
        downlink_type1_ns(profile, octets, downlink_bps, False), uplink_active_ns(profile, octets, uplink_bps)
    )
    sifs_ns = profile.timing.amp_sifs_ns
    return -(-(shortest_ns + time_scale * sifs_ns) // (shortest_ns + sifs_ns))
