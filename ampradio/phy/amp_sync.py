"""AMP-Sync: the chip word that starts the AMP part of a downlink PPDU and every uplink PPDU."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.manchester import chips_from_text
from ampradio.profile.model import Downlink, Uplink
from ampradio.vectors import PpduKind


def downlink_chips(downlink: Downlink, rate_bps: int) -> npt.NDArray[np.uint8]:
    """Return the sync chips of Types 1, 4 and 5, shape (40,): S and the special segment, all inverted at 1 Mb/s.

    The chip duration does not change with the rate (rule 15). Raises ValueError for an unknown rate.
    """
    chips = chips_from_text(downlink.sync_bits + downlink.special_bits)
    if rate_bps == downlink.rate_low_bps:
        return chips
    if rate_bps == downlink.rate_high_bps:
        return (1 - chips).astype(np.uint8)
    raise ValueError(f"no downlink AMP-Sync for {rate_bps} b/s")


def mono_static_downlink_chips(downlink: Downlink) -> npt.NDArray[np.uint8]:
    """Return the sync chips of Types 2 and 3 and of the sub-1 GHz PPDU, shape (8,)."""
    return chips_from_text(downlink.mono_sync_bits)


def uplink_chips(uplink: Uplink, kind: PpduKind) -> npt.NDArray[np.uint8]:
    """Return the sync chips of an uplink PPDU: 48 for active Tx and bistatic, 24 for mono-static.

    Raises ValueError for a downlink kind.
    """
    if kind in (PpduKind.UL_ACTIVE, PpduKind.UL_BISTATIC):
        return chips_from_text(uplink.sync_bits)
    if kind is PpduKind.UL_MONO_STATIC:
        return chips_from_text(uplink.mono_sync_bits * uplink.mono_sync_repeats)
    raise ValueError(f"{kind.name} is not an uplink PPDU")
