"""Many uplink receptions at once, for sweeps: the AP receiver's own steps over a leading packet axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.coded_extent import UNSURE_NS
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.scrambler import scramble
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_clocks import ends, other_clocks
from ampradio.phy.uplink_follow import follow_data, follow_sync, looks_keyed
from ampradio.phy.uplink_frame import HEADER_REREAD, derotated, read_start, read_whole
from ampradio.phy.uplink_search import first_sync, rows_from
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import UplinkSyncHits
from ampradio.phy.uplink_track import UplinkTrack
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS, frame_octets

_LEAD_CHIPS = 2


@dataclass(frozen=True, eq=False)
class UplinkBatch:
    """Per packet: the PSDU (None: no sync or no plausible header) and how it was found.

    ``start_sample``, ``stretch`` (received over nominal duration) and ``cfo_hz`` mean nothing where ``found`` is False.
    """

    psdus: list[bytes | None]
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
        self._tail = profile.uplink.bcc_tail_bits
        self._short_bits = 8 * profile.mac.short_frame_octets + self._tail
        self._header_bits = 8 * (SIZING_OCTETS + 1 + profile.mac.fcs_octets) + self._tail  # of the shortest with Length

    def receive(
        self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64], seed_index: int
    ) -> UplinkBatch:
        """Return what is received first in each row of ``samples`` (packets, n), complex64.

        ``floor`` (packets,) is the noise power per sample, 0 where unknown.
        """
        packets = samples.shape[0]
        psdus: list[bytes | None] = [None] * packets
        zero = np.zeros(packets)
        batch = UplinkBatch(psdus, np.zeros(packets, np.bool_), zero, zero + 1, zero.copy())
        rows, begin = np.arange(packets), np.zeros(packets, np.intp)
        while rows.size:
            some_samples = samples if rows.size == packets else samples[rows]
            hits = first_sync(self._sync, some_samples, floor[rows], begin)
            rows, some = rows[hits.found], np.flatnonzero(hits.found)
            false = self._read(samples, floor[rows], hits.of(some), seed_index, rows, batch)
            begin = hits.timing.start[some][false].astype(np.intp) + int(2 * _LEAD_CHIPS * self._chips.chip)
            rows = rows[false]
        return batch

    def _read(
        self,
        samples: npt.NDArray[np.complex64],
        floor: npt.NDArray[np.float64],
        hits: UplinkSyncHits,
        seed_index: int,
        rows: npt.NDArray[np.intp],
        batch: UplinkBatch,
    ) -> npt.NDArray[np.bool_]:
        """Write what follows ``hits`` in ``rows`` of ``samples`` to ``batch``; return where nothing does."""
        if not rows.size:
            return np.zeros(0, np.bool_)
        lead = int(_LEAD_CHIPS * self._chips.chip)
        origin = hits.timing.start.astype(np.intp) - lead
        cut = rows_from(samples, origin, samples.shape[1] - int(origin.min()), rows)
        sums = derotated(cut, hits.carrier_hz / self._rate_sps)
        timing = ChipTiming(np.full(rows.size, float(lead)), hits.timing.stretch)
        begun = follow_sync(sums, timing, self._chips)
        track = follow_data(begun, self._chips, 2 * self._short_bits)
        keyed = looks_keyed(track, self._chips, 2 * self._short_bits, floor)
        some = np.flatnonzero(keyed)
        part, read = self._frames(track.of(some), seed_index)
        part = self._again(begun.of(some), part, read, seed_index)
        batch.found[rows[some]] = True
        batch.start_sample[rows[some]] = origin[some] + part.timing.start
        batch.stretch[rows[some]] = part.timing.stretch
        turned_hz = part.carrier.turn * self._rate_sps / (2 * np.pi)
        batch.cfo_hz[rows[some]] = hits.carrier_hz[some] + turned_hz
        for row, psdu in zip(rows[some], read, strict=True):
            batch.psdus[row] = psdu
        return ~keyed

    def _frames(self, track: UplinkTrack, seed_index: int) -> tuple[UplinkTrack, list[bytes | None]]:
        """Return the tracks after all that was read, and the PSDUs: short frames first, then by what headers say.

        The tracks given are good for a short frame.
        """
        seed = scrambler_seed(self._profile.uplink, seed_index)
        psdus = self._short_frames(track, seed)
        rows = np.flatnonzero([psdu is None for psdu in psdus])
        if not rows.size:
            return track, psdus
        longer = follow_data(track.of(rows), self._chips, 2 * self._header_bits, 2 * self._short_bits)
        sizes = self._sizes(longer, seed, self._header_bits)
        for size in np.unique(sizes[sizes > 0]):
            some = np.flatnonzero(sizes == size)
            part, read = self._whole(longer.of(some), seed, int(size))
            track = track.with_rows(rows[some], part)
            for row, psdu in zip(rows[some], read, strict=True):
                psdus[row] = psdu
        return track, psdus

    def _again(
        self, begun: UplinkTrack, track: UplinkTrack, psdus: list[bytes | None], seed_index: int
    ) -> UplinkTrack:
        """Read the frames whose checks fail under other clocks; put what passes into ``psdus``, return the tracks.

        ``begun`` are those fitted to their syncs. What ends before the frame that failed is too late for a receiver.
        """
        seed = scrambler_seed(self._profile.uplink, seed_index)
        for row, psdu in enumerate(psdus):
            if psdu is not None and check_holds(self._profile.mac, psdu):
                continue
            some = np.array([row])
            bits = self._header_bits if psdu is None else 8 * len(psdu) + self._tail
            least = ends(track.timing.of(some), self._chips, 2 * bits) - UNSURE_NS * self._rate_sps / 1e9
            others, done = other_clocks(begun.of(some), self._chips, 2 * bits)
            for other in reversed(others):
                longer = follow_data(other, self._chips, 2 * self._header_bits, done)
                size = int(self._sizes(longer, seed, self._header_bits)[0])
                if size == 0 or ends(longer.timing, self._chips, 2 * (8 * size + self._tail)) < least:
                    continue
                part, (found,) = self._of_size(longer, seed, size)
                if check_holds(self._profile.mac, found):
                    track = track.with_rows(some, part)
                    psdus[row] = found
                    break
        return track

    def _whole(self, track: UplinkTrack, seed: int, octets: int) -> tuple[UplinkTrack, list[bytes]]:
        """Return the tracks and PSDUs of frames whose headers tell ``octets``, or something else if read again."""
        bits = 8 * octets + self._tail
        read, psdus = self._of_size(track, seed, octets)
        failed = np.flatnonzero([not check_holds(self._profile.mac, psdu) for psdu in psdus])
        reach = min(bits, HEADER_REREAD * self._header_bits)
        if not failed.size or reach == self._header_bits:
            return read, psdus
        again = follow_data(track.of(failed), self._chips, 2 * reach, 2 * self._header_bits)
        for row, size in zip(failed, self._sizes(again, seed, reach), strict=True):
            if size in (0, octets):
                continue
            part, others = self._of_size(track.of(np.array([row])), seed, int(size))
            if check_holds(self._profile.mac, others[0]):
                read = read.with_rows(np.array([row]), part)
                psdus[row] = others[0]
        return read, psdus

    def _of_size(self, track: UplinkTrack, seed: int, octets: int) -> tuple[UplinkTrack, list[bytes]]:
        bits = 8 * octets + self._tail
        track = follow_data(track, self._chips, 2 * bits, 2 * self._header_bits)
        track, decided = read_whole(track, self._chips, self._profile.uplink, bits)
        return track, _plain(decided[:, : 8 * octets], seed)

    def _short_frames(self, track: UplinkTrack, seed: int) -> list[bytes | None]:
        mac = self._profile.mac
        bits = read_start(track, self._chips, self._profile.uplink, self._short_bits)
        ended = ~bits[:, -self._tail :].any(axis=1)
        return [
            psdu if end and frame_octets(mac, psdu) == len(psdu) and check_holds(mac, psdu) else None
            for end, psdu in zip(ended.tolist(), _plain(bits[:, : -self._tail], seed), strict=True)
        ]

    def _sizes(self, track: UplinkTrack, seed: int, bits: int) -> npt.NDArray[np.intp]:
        """Return the octets that each header tells, read among the first ``bits``.

        0 is for one that cannot be (a short frame has had its chance).
        """
        mac = self._profile.mac
        begun = read_start(track, self._chips, self._profile.uplink, bits)
        headers = _plain(begun[:, : 8 * SIZING_OCTETS], seed)
        sizes = np.array([frame_octets(mac, header) or 0 for header in headers], np.intp)
        return np.where(sizes > mac.short_frame_octets, sizes, 0)


def _plain(bits: npt.NDArray[np.uint8], seed: int) -> list[bytes]:
    """Return the octets of each row of scrambled ``bits`` (packets, n)."""
    return [row.tobytes() for row in np.packbits(scramble(bits, seed), axis=1, bitorder="little")]
