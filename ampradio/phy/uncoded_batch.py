"""Many uncoded uplink receptions at once, for sweeps: active Tx at 4 Mb/s, bistatic as an unmodulated carrier.

    vector = TxVector(PpduKind.UL_ACTIVE, 4_000_000, seed_index=1)
    batch = UncodedBatch(profile, vector, 40_000_000, Detector.NON_COHERENT)
    received = batch.receive(samples, floor)        # complex64 (packets, n), noise power per sample (packets,)
    ok = [psdu == sent for psdu, sent in zip(received.psdus, ...)]

A bistatic reply still on its excitation goes through ``bistatic_batch`` first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_batch import UplinkBatch
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.scrambler import scramble
from ampradio.phy.uncoded_frame import Detector, finer, interpolation, read_bits
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips, UplinkTrack
from ampradio.phy.uplink_frame import derotated, follow_data, follow_sync
from ampradio.phy.uplink_search import first_sync, rows_from
from ampradio.phy.uplink_sync import Strictness, UplinkSync
from ampradio.profile.airtime import uplink_is_coded
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of
from ampradio.vectors import PpduKind, TxVector

LEAD_CHIPS = 2  # kept before the sync, for the windows of its first edges
STRICT = Strictness(6.0, 40.0, 0.6)  # an uncoded frame that can be read has a sync this clear


class UncodedBatch:
    """Receives one uncoded PPDU, described by a TXVECTOR, from each row of an array of samples."""

    def __init__(
        self,
        profile: Profile,
        vector: TxVector,
        sample_rate_sps: int,
        detector: Detector = Detector.NON_COHERENT,
        carrier_limit_hz: float | None = None,
    ) -> None:
        """Prepare for PPDUs of ``vector``'s kind, rate and scrambler seed, whose carrier is up to the limit off.

        The limit is by default the profile's tolerance of active tags. Raises ValueError for a kind or rate that is
        coded or does not exist, and for chips that are not whole samples.
        """
        if vector.kind not in (PpduKind.UL_ACTIVE, PpduKind.UL_BISTATIC):
            raise ValueError(f"{vector.kind.name} is not received as an uncoded uplink")
        self._sync = UplinkSync(profile, vector.rate_bps, sample_rate_sps, STRICT, vector.kind, carrier_limit_hz)
        if uplink_is_coded(profile, vector.kind, vector.rate_bps):
            raise ValueError(f"{vector.kind.name} at {vector.rate_bps} b/s is coded")
        self._profile = profile
        self._detector = detector
        self._finer = interpolation(self._sync.chip)
        self._rate_sps = sample_rate_sps
        self._chips = UplinkChips(profile, vector.rate_bps, sample_rate_sps * self._finer, vector.kind)
        scrambled = vector.kind is PpduKind.UL_ACTIVE
        self._seed = scrambler_seed(profile.uplink, vector.seed_index) if scrambled else None

    def receive(self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64]) -> UplinkBatch:
        """Return what is received first in each row of ``samples`` (packets, n), complex64.

        ``floor`` (packets,) is the noise power per sample, 0 where unknown. A PSDU is given whether or not its FCS
        holds.
        """
        hits = first_sync(self._sync, samples, floor, np.zeros(samples.shape[0], np.intp))
        lead = int(LEAD_CHIPS * self._sync.chip)
        origin = hits.timing.start.astype(np.intp) - lead
        psdus: list[bytes | None] = [None] * samples.shape[0]
        start, stretch, cfo_hz = hits.timing.start.copy(), hits.timing.stretch.copy(), hits.carrier_hz.copy()
        rows = np.flatnonzero(hits.found)
        if rows.size:
            cut = rows_from(samples[rows], origin[rows], samples.shape[1] - int(origin[rows].min()))
            track, read = self.read(cut, lead, hits.timing.stretch[rows], hits.carrier_hz[rows])
            start[rows] = origin[rows] + track.timing.start / self._finer
            stretch[rows] = track.timing.stretch
            cfo_hz[rows] += track.carrier.turn * self._rate_sps * self._finer / (2 * np.pi)
            for row, psdu in zip(rows, read, strict=True):
                psdus[row] = psdu
        return UplinkBatch(psdus, hits.found, start, stretch, cfo_hz)

    def read(
        self,
        samples: npt.NDArray[np.complex64],
        sync_sample: int,
        stretch: npt.NDArray[np.float64],
        carrier_hz: npt.NDArray[np.float64],
    ) -> tuple[UplinkTrack, list[bytes | None]]:
        """Return the tracks and PSDUs of frames whose sync was found at ``sync_sample`` of ``samples`` (packets, n).

        Positions of the tracks are in the finer samples of ``interpolation``. A PSDU is None where the header tells
        no size. ``stretch`` and ``carrier_hz`` are (packets,).
        """
        rate_sps = self._rate_sps * self._finer
        sums = derotated(finer(samples, self._finer), carrier_hz / rate_sps)
        timing = ChipTiming(np.full(stretch.size, float(sync_sample * self._finer)), stretch)
        track = follow_sync(sums, timing, self._chips)
        mac = self._profile.mac
        short_bits, header_bits = 8 * mac.short_frame_octets, 8 * (SIZING_OCTETS + 1 + mac.fcs_octets)
        track = follow_data(track, self._chips, short_bits)
        track, psdus = self._short_frames(track, short_bits)
        rows = np.flatnonzero([psdu is None for psdu in psdus])
        if not rows.size:
            return track, psdus
        longer = follow_data(track.of(rows), self._chips, header_bits, short_bits)
        headers = self._octets(read_bits(longer, self._chips, header_bits, self._detector)[1][:, : 8 * SIZING_OCTETS])
        sizes = np.array([frame_octets(mac, header) or 0 for header in headers])
        for size in np.unique(sizes[sizes > mac.short_frame_octets]):
            some = np.flatnonzero(sizes == size)
            part = follow_data(longer.of(some), self._chips, 8 * int(size), header_bits)
            part, bits = read_bits(part, self._chips, 8 * int(size), self._detector)
            track = track.with_rows(rows[some], part)
            for row, psdu in zip(rows[some], self._octets(bits), strict=True):
                psdus[row] = psdu
        return track, psdus

    def _short_frames(self, track: UplinkTrack, bits: int) -> tuple[UplinkTrack, list[bytes | None]]:
        mac = self._profile.mac
        fitted, read = read_bits(track, self._chips, bits, self._detector)
        psdus: list[bytes | None] = [
            psdu if frame_octets(mac, psdu) == len(psdu) and check_holds(mac, psdu) else None
            for psdu in self._octets(read)
        ]
        short = np.flatnonzero([psdu is not None for psdu in psdus])
        return track.with_rows(short, fitted.of(short)), psdus

    def _octets(self, bits: npt.NDArray[np.uint8]) -> list[bytes]:
        plain = bits if self._seed is None else scramble(bits, self._seed)
        return [octets_of(each) for each in plain]
