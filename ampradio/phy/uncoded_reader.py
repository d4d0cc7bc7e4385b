"""From a found AMP-Sync to the PSDU of an uncoded uplink, vectorised over packets: first its header, then its size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.running_sum import running_sum
from ampradio.phy.scrambler import scramble
from ampradio.phy.uncoded_frame import Detector, KeyedCarrier, finer, interpolation, read_bits
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_frame import derotated, follow_data, follow_sync
from ampradio.phy.uplink_sync import UplinkSyncHits
from ampradio.profile.airtime import uplink_is_coded
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of
from ampradio.vectors import PpduKind, TxVector


class UncodedReader:
    """Reads frames of one kind, rate and seed by one detector; its positions are in samples ``finer`` times finer."""

    LEAD_CHIPS = 2  # kept before the sync, for the windows of its first edges

    def __init__(self, profile: Profile, vector: TxVector, sample_rate_sps: int, detector: Detector) -> None:
        """Prepare for PPDUs of ``vector``'s kind, rate and seed; ValueError for one that is coded or does not exist."""
        coarse = UplinkChips(profile, vector.rate_bps, sample_rate_sps, vector.kind)
        if vector.kind is PpduKind.UL_MONO_STATIC or uplink_is_coded(profile, vector.kind, vector.rate_bps):
            raise ValueError(f"{vector.kind.name} at {vector.rate_bps} b/s is not an uncoded keyed carrier")
        mac = profile.mac
        self.vector = vector
        self.finer = interpolation(coarse.chip)
        self.rate_sps = sample_rate_sps * self.finer
        self.chips = UplinkChips(profile, vector.rate_bps, self.rate_sps, vector.kind)
        self.short_octets = mac.short_frame_octets
        self.header_octets = SIZING_OCTETS + 1 + mac.fcs_octets  # of the shortest frame that has a Length
        self._mac = mac
        self._detector = detector
        scrambled = vector.kind is PpduKind.UL_ACTIVE
        self._seed = scrambler_seed(profile.uplink, vector.seed_index) if scrambled else None

    def begin(
        self,
        samples: npt.NDArray[np.complex64],
        sync_sample: int,
        hits: UplinkSyncHits,
        energy: npt.NDArray[np.float64] | None = None,
    ) -> KeyedCarrier:
        """Return timing and carrier over the sync of ``samples`` (packets, n) and so many bits as a short frame has.

        ``sync_sample`` is where ``hits``, of which only clock and carrier count, found the sync. ``energy``
        (packets, n) is the energy of an ON sample where that is not 1 throughout.
        """
        sums = derotated(finer(samples, self.finer), hits.carrier_hz / self.rate_sps)
        timing = ChipTiming(np.full(samples.shape[0], float(sync_sample * self.finer)), hits.timing.stretch)
        track = follow_data(follow_sync(sums, timing, self.chips), self.chips, 8 * self.short_octets)
        if energy is not None:
            energy = running_sum(np.repeat(energy, self.finer, axis=1), np.float64)
        return KeyedCarrier(track, energy)

    def short_frames(self, carrier: KeyedCarrier) -> tuple[KeyedCarrier, list[bytes | None]]:
        """Return short frames, None where what was received is none, and the carrier fitted to them."""
        fitted, bits = read_bits(carrier, self.chips, 8 * self.short_octets, self._detector)
        return fitted, [psdu if self._is_short(psdu) else None for psdu in self._octets(bits)]

    def headers(self, carrier: KeyedCarrier) -> tuple[KeyedCarrier, npt.NDArray[np.intp]]:
        """Return how many octets each frame has by its header, 0 for none that can be; and the carrier that far."""
        bits = 8 * self.header_octets
        carrier = carrier.along(follow_data(carrier.track, self.chips, bits, 8 * self.short_octets))
        read = read_bits(carrier, self.chips, bits, self._detector)[1]
        sizes = [frame_octets(self._mac, psdu) or 0 for psdu in self._octets(read[:, : 8 * SIZING_OCTETS])]
        return carrier, np.array([size if size > self.short_octets else 0 for size in sizes], np.intp)

    def whole(self, carrier: KeyedCarrier, octets: int) -> tuple[KeyedCarrier, list[bytes]]:
        """Return the PSDUs of ``octets`` that begin under a ``carrier`` good for their headers."""
        track = follow_data(carrier.track, self.chips, 8 * octets, 8 * self.header_octets)
        carrier, bits = read_bits(carrier.along(track), self.chips, 8 * octets, self._detector)
        return carrier, self._octets(bits)

    def _is_short(self, psdu: bytes) -> bool:
        return frame_octets(self._mac, psdu) == len(psdu) and check_holds(self._mac, psdu)

    def _octets(self, bits: npt.NDArray[np.uint8]) -> list[bytes]:
        plain = bits if self._seed is None else scramble(bits, self._seed)
        return [octets_of(each) for each in plain]
