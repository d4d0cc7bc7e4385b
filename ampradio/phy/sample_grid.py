"""The sample grid of a PPDU: how many samples per second it is native to."""

from __future__ import annotations

from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector


def sample_rate_sps(profile: Profile, vector: TxVector) -> int:
    """Return the native sample rate of the PPDU that ``vector`` describes, in samples per second.

    20 MS/s, but 40 MS/s for Type 5, the 4 Mb/s and the bistatic uplink, and 4 MS/s below 1 GHz (rules 18 to 20).
    """
    if vector.kind is PpduKind.DL_SUB1GHZ:
        return profile.downlink.sub1ghz_sample_rate_sps
    if vector.kind is PpduKind.DL_TYPE5:
        return profile.preamble.wide_sample_rate_sps
    if vector.kind.is_downlink:
        return profile.preamble.sample_rate_sps
    wide = vector.kind is PpduKind.UL_BISTATIC or vector.rate_bps == profile.uplink.rate_high_bps
    return profile.uplink.wide_sample_rate_sps if wide else profile.uplink.sample_rate_sps
