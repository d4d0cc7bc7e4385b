"""Many uplink receptions at once, for sweeps: the AP receiver's own steps over a leading packet axis."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.scrambler import scramble
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import CarrierPhase, UplinkChips, UplinkTrack
from ampradio.phy.uplink_frame import derotated, follow_data, follow_sync, read_start, read_whole
from ampradio.phy.uplink_sync import UplinkSync, UplinkSyncHits
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of

_LEAD_CHIPS = 2


@dataclass(frozen=True, eq=False)
class UplinkBatch:
    """Per packet: the PSDU (None: no sync or no plausible header) and how it was found.

    ``start_sample``, ``stretch`` (received over nominal duration) and ``cfo_hz`` mean nothing where ``found`` is False.
    """

    psdus: tuple[bytes | None, ...]
    found: npt.NDArray[np.bool_]
    start_sample: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]
    cfo_hz: npt.NDArray[np.float64]


class ApBatch:
    """Receives one active uplink PPDU of a known rate from each row of an array of samples."""

    def __init__(self, profile: Profile, rate_bps: int, sample_rate_sps: int) -> None:
        """Prepare as ``ApReceiver`` does; same errors."""
        self._profile = profile
        self._rate_sps = sample_rate_sps
        self._sync = UplinkSync(profile, rate_bps, sample_rate_sps)
        self._chips = UplinkChips(profile, rate_bps, sample_rate_sps)

    def receive(
        self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64], seed_index: int
    ) -> UplinkBatch:
        """Return what is received first in each row of ``samples`` (packets, n), complex64.

        ``floor`` (packets,) is the noise power per sample, 0 where unknown.
        """
        hits = self._search(samples, floor)
        lead = int(_LEAD_CHIPS * self._chips.chip)
        origin = hits.timing.start.astype(np.intp) - lead
        psdus: list[bytes | None] = [None] * samples.shape[0]
        timing = ChipTiming(np.full(origin.size, float(lead)), hits.timing.stretch)
        rows = np.flatnonzero(hits.found)
        start, stretch, cfo_hz = timing.start.copy(), timing.stretch.copy(), hits.carrier_hz.copy()
        if rows.size:
            cut = _from(samples[rows], origin[rows], samples.shape[1] + lead)
            sums = derotated(cut, hits.carrier_hz[rows] / self._rate_sps)
            track, read = self._frames(follow_sync(sums, timing.of(rows), self._chips), seed_index)
            start[rows], stretch[rows] = track.timing.start, track.timing.stretch
            cfo_hz[rows] += track.carrier.turn * self._rate_sps / (2 * np.pi)
            for row, psdu in zip(rows, read, strict=True):
                psdus[row] = psdu
        return UplinkBatch(tuple(psdus), hits.found, start + origin, stretch, cfo_hz)

    def _search(self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64]) -> UplinkSyncHits:
        packets, count = samples.shape
        step = self._sync.block * self._sync.grid
        found = np.zeros(packets, np.bool_)
        start, stretch = np.zeros(packets), np.ones(packets)
        carrier_hz, energy = np.zeros(packets), np.zeros(packets)
        for begin in range(0, max(count - self._sync.reach, 0) + 1, step):
            rows = np.flatnonzero(~found)
            if not rows.size:
                break
            first = np.full(rows.size, begin)
            hits = self._sync.search(_from(samples[rows], first, self._sync.reach), floor[rows])
            for _ in range(2):  # the second look begins where the first found something, lest that was a sidelobe
                better = hits.found & (hits.energy > energy[rows])
                where = rows[better]
                found[where] = True
                start[where] = first[better] + hits.timing.start[better]
                stretch[where], carrier_hz[where] = hits.timing.stretch[better], hits.carrier_hz[better]
                energy[where] = hits.energy[better]
                rows = rows[hits.found]
                if not rows.size:
                    break
                first = start[rows].astype(np.intp)
                hits = self._sync.search(_from(samples[rows], first, self._sync.reach), floor[rows])
        return UplinkSyncHits(found, ChipTiming(start, stretch), carrier_hz, energy)

    def _frames(self, track: UplinkTrack, seed_index: int) -> tuple[UplinkTrack, list[bytes | None]]:
        uplink, mac = self._profile.uplink, self._profile.mac
        seed = scrambler_seed(uplink, seed_index)
        short, header = mac.short_frame_octets, SIZING_OCTETS + 1 + mac.fcs_octets
        tail, packets = uplink.bcc_tail_bits, track.timing.start.size
        psdus: list[bytes | None] = [None] * packets
        bits = 8 * short + tail
        track = follow_data(track, self._chips, 2 * bits)
        begun = read_start(track, self._chips, uplink, bits)
        sizes = np.zeros(packets, np.intp)
        for row in range(packets):
            psdu = octets_of(scramble(begun[row, : 8 * short], seed))
            if not begun[row, -tail:].any() and frame_octets(mac, psdu) == short and check_holds(mac, psdu):
                psdus[row], sizes[row] = psdu, short
        rows = np.flatnonzero(sizes == 0)
        if not rows.size:
            return track, psdus
        longer = follow_data(_of(track, rows), self._chips, 2 * (8 * header + tail), 2 * bits)
        begun = read_start(longer, self._chips, uplink, 8 * header + tail)
        start, stretch = track.timing.start.copy(), track.timing.stretch.copy()
        phase, turn = track.carrier.phase.copy(), track.carrier.turn.copy()
        octets = [octets_of(scramble(each[: 8 * SIZING_OCTETS], seed)) for each in begun]
        sizes[rows] = [frame_octets(mac, each) or 0 for each in octets]
        for size in np.unique(sizes[rows][sizes[rows] >= header]):
            some = np.flatnonzero(sizes[rows] == size)
            bits = 8 * int(size) + tail
            part = follow_data(_of(longer, some), self._chips, 2 * bits, min(2 * bits, 2 * (8 * header + tail)))
            part, decided = read_whole(part, self._chips, uplink, bits)
            where = rows[some]
            start[where], stretch[where] = part.timing.start, part.timing.stretch
            phase[where], turn[where] = part.carrier.phase, part.carrier.turn
            for row, each in zip(where, decided, strict=True):
                psdus[row] = octets_of(scramble(each[: 8 * int(size)], seed))
        return replace(track, timing=ChipTiming(start, stretch), carrier=CarrierPhase(phase, turn)), psdus


def _of(track: UplinkTrack, rows: npt.NDArray[np.intp]) -> UplinkTrack:
    carrier = CarrierPhase(track.carrier.phase[rows], track.carrier.turn[rows])
    return UplinkTrack(track.sums[rows], track.timing.of(rows), carrier)


def _from(samples: npt.NDArray[np.complex64], first: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.complex64]:
    """Return ``count`` samples of each row from ``first`` (packets,) on, zero outside."""
    out = np.zeros((samples.shape[0], count), np.complex64)
    for row, begin in enumerate(first):
        low, high = max(int(begin), 0), min(int(begin) + count, samples.shape[1])
        if high > low:
            out[row, low - begin : high - begin] = samples[row, low:high]
    return out
