"""A stretch of the stream in which the AP looks for an uncoded uplink PPDU: active Tx at 4 Mb/s at 40 MS/s."""

from __future__ import annotations

from ampradio.phy.uncoded_frame import Detector
from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.phy.uncoded_stream import UncodedFrame
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import CLEAR, FoundSync
from ampradio.phy.uplink_window import Frame, UplinkWindow
from ampradio.profile.model import Profile
from ampradio.vectors import TxVector


class UncodedWindow(UplinkWindow):
    """Looks for one uncoded PPDU from sample ``start`` to ``stop``."""

    def __init__(
        self,
        profile: Profile,
        vector: TxVector,
        rate_sps: int,
        start: int,
        stop: int,
        detector: Detector = Detector.NON_COHERENT,
        search: UplinkSync | None = None,
    ) -> None:
        """Open the window for PPDUs of ``vector``; errors as of ``UncodedReader`` and ``UplinkSync``.

        ``search`` saves making the usual one.
        """
        self._reader = UncodedReader(profile, vector, rate_sps, detector)
        search = UplinkSync(profile, vector.rate_bps, rate_sps, CLEAR, vector.kind) if search is None else search
        chips = UplinkChips(profile, vector.rate_bps, rate_sps, vector.kind)
        super().__init__(profile, search, chips, rate_sps, (vector.seed_index,), start, stop)

    def _frame_at(self, sample: int, sync: FoundSync) -> Frame:
        return UncodedFrame(self._profile, self._reader, self._rate_sps, sample, sync)
