"""The sample grid of a PPDU: how many samples per second it is native to."""

from __future__ import annotations

from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector


def sample_rate_sps(profile: Profile, vector: TxVector) -> int:
    """Return the native sample rate of the PPDU that ``vector`` describes, in samples per second.

    20 MS/s, but 40 MS/s for Type 5, for the bistatic uplink and for the active one at 4 Mb/s or off the channel's
    centre, and 4 MS/s below 1 GHz (rules 18 to 20).
    """
    if vector.kind is PpduKind.DL_SUB1GHZ:
        return profile.downlink.sub1ghz_sample_rate_sps
    if vector.kind is PpduKind.DL_TYPE5:
        return profile.preamble.wide_sample_rate_sps
    if vector.kind.is_downlink:
        return profile.preamble.sample_rate_sps
    active = vector.kind is PpduKind.UL_ACTIVE
    wide = vector.rate_bps == profile.uplink.rate_high_bps or (active and vector.channel_offset_hz != 0)
    wide = wide or vector.kind is PpduKind.UL_BISTATIC
    return profile.uplink.wide_sample_rate_sps if wide else profile.uplink.sample_rate_sps
