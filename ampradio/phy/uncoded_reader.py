"""From a found AMP-Sync to the PSDU of an uncoded uplink, vectorised over packets: first its header, then its size."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.frame_check_loops import frame_tables
from ampradio.phy.scrambler import scramble
from ampradio.phy.uncoded_clear import ClearReader
from ampradio.phy.uncoded_frame import (
    TAPS_A_SIDE,
    Detector,
    KeyedCarrier,
    final_windows,
    finer,
    interpolation,
    kernel,
    leak,
    neighbours,
    read_bits,
)
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import follow_data, follow_sync, following, sync_windows
from ampradio.phy.uplink_frame import derotated
from ampradio.phy.uplink_reception import UplinkReceptions
from ampradio.phy.uplink_sync_hits import UplinkSyncHits
from ampradio.profile.airtime import uplink_is_coded
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of
from ampradio.vectors import PpduKind, TxVector

MARGIN_NS = 1_000
"""Read this far past the last chip."""

_NS_PER_S = 1_000_000_000


class FrameRead(NamedTuple):
    """What was read of a frame: its octets and PSDU, and start, stretch, phase and turn over samples as they are.

    Less than 0 octets: so many are wanted, under that track; 0: there is no such header. Of one that ``is_clear`` the
    check sequence holds, and the ``powers`` of an ON sample and of the noise are known.
    """

    octets: int
    psdu: bytes
    place: list[float]
    is_clear: bool = False
    powers: tuple[float, float] = (0.0, 0.0)


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
        self.coarse = coarse
        """The chips over samples as they are."""
        self.leak = leak(self.finer, coarse.chip)
        self.rate_sps = sample_rate_sps * self.finer
        self.receptions = UplinkReceptions(profile, vector, sample_rate_sps)
        self.chips = UplinkChips(profile, vector.rate_bps, self.rate_sps, vector.kind)
        self.short_octets = mac.short_frame_octets
        self.header_octets = SIZING_OCTETS + 1 + mac.fcs_octets  # of the shortest frame that has a Length
        self._mac = mac
        self._detector = detector
        scrambled = vector.kind is PpduKind.UL_ACTIVE
        self._seed = scrambler_seed(profile.uplink, vector.seed_index) if scrambled else None
        self._most = mac.header_octets + mac.body_octets_max + mac.fcs_octets
        self._margin = float(MARGIN_NS * sample_rate_sps // _NS_PER_S)
        self._loop_tables: tuple[Any, ...] | None = None
        self._scale = np.array((self.finer, 1, 1, 1 / self.finer))
        self.clear = ClearReader(mac, coarse, self._seed, self._margin)

    def begin(self, samples: npt.NDArray[np.complex64], sync_sample: int, hits: UplinkSyncHits) -> KeyedCarrier:
        """Return timing and carrier over the sync of ``samples`` (packets, n) and so many bits as a short frame has.

        ``sync_sample`` is where ``hits``, of which only clock and carrier count, found the sync.
        """
        sums = derotated(finer(samples, self.finer), hits.carrier_hz / self.rate_sps)
        timing = ChipTiming(np.full(samples.shape[0], float(sync_sample * self.finer)), hits.timing.stretch)
        track = follow_data(follow_sync(sums, timing, self.chips), self.chips, 8 * self.short_octets)
        return KeyedCarrier(track, None, self.leak)

    def read(
        self,
        samples: npt.NDArray[np.complex64],
        start: float,
        stretch: float,
        carrier_hz: float,
        is_unclear: bool = False,
    ) -> FrameRead:
        """Return what a frame of constant energy in ``samples`` (n,) is, by the accelerator.

        ``start`` (samples), ``stretch`` and ``carrier_hz`` are the sync's. One that ``is_unclear`` is not taken for
        clear first.
        """
        row = np.ascontiguousarray(samples)
        if not is_unclear:
            clear, told, wanted = self.clear.read(row, start, stretch, carrier_hz * self.finer / self.rate_sps)
            *place, signal, noise = told
            if clear is not None:
                return FrameRead(len(clear), clear, place, True, (max(signal, 1e-30), noise))
            if wanted:
                return FrameRead(-wanted, b"", place)
        from ampradio.phy.uncoded_frame_loops import read_frame

        octets, tracks = np.empty(self._most, np.uint8), np.zeros((2, 4))
        tracks[0, :2] = start * self.finer, stretch
        given: tuple[Any, ...] = (row, carrier_hz / self.rate_sps, tracks, *self._told(), octets)
        size = read_frame(*given)
        return FrameRead(size, octets[: max(size, 0)].tobytes(), self._coarse(tracks[1 if size < 0 else 0]))

    def place(self, carrier: KeyedCarrier) -> list[float]:
        """Return start, stretch, phase and turn of the first row of ``carrier`` over samples as they are."""
        return self._coarse(carrier.track.as_rows()[0])

    def _coarse(self, track: npt.NDArray[np.float64]) -> list[float]:
        coarse: list[float] = (track / self._scale).tolist()
        return coarse

    def _told(self) -> tuple[Any, ...]:
        """Return what the loop wants to know of all frames."""
        if self._loop_tables is None:
            accelerator.prepare("ampradio.phy.uncoded_frame_loops")
            chips, tables = self.chips, frame_tables(self._mac, self._seed)
            lengths = np.array((self.short_octets, self.header_octets), np.int64)
            windows = (np.array(sync_windows(chips)), np.array(final_windows(chips)))
            passes = np.array((Detector.COHERENT_AIDED.passes, self._detector.passes), np.int64)
            aid = (neighbours(chips), passes, self.leak)
            frame = (kernel(self.finer), TAPS_A_SIDE, chips.sync, chips.chip, lengths, *windows, self._margin)
            self._loop_tables = (
                *frame, *following(chips), *aid, tables.crc, tables.sizes, tables.whitening
            )  # fmt: skip
        return self._loop_tables

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

    def needs(self, carrier: KeyedCarrier, octets: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Return how many samples frames of so many ``octets`` (packets,) need under ``carrier``, (packets,)."""
        timing, chips = carrier.track.timing, self.chips
        end = timing.start + timing.stretch * (chips.sync.size + 16 * octets) * chips.chip
        needed: npt.NDArray[np.float64] = np.ceil(end / self.finer) + self._margin
        return needed

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
