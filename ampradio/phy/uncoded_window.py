"""A stretch of the stream in which the AP looks for an uncoded uplink PPDU: active Tx at 4 Mb/s at 40 MS/s."""

from __future__ import annotations

from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.phy.uncoded_stream import UncodedFrame
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import FoundSync
from ampradio.phy.uplink_window import Frame, UplinkWindow
from ampradio.profile.model import Profile


class UncodedWindow(UplinkWindow):
    """Looks for one uncoded PPDU from sample ``start`` to ``stop``."""

    def __init__(
        self, profile: Profile, reader: UncodedReader, search: UplinkSync, rate_sps: int, start: int, stop: int
    ) -> None:
        """Open the window for the PPDUs of ``reader``, whose AMP-Sync is what ``search`` finds."""
        self._reader = reader
        super().__init__(profile, search, reader.coarse, rate_sps, (reader.vector.seed_index,), start, stop)

    def _frame_at(self, sample: int, sync: FoundSync) -> Frame:
        return UncodedFrame(self._profile, self._reader, self._rate_sps, sample, sync)
