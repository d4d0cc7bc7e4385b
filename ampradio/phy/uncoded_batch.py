"""Many uncoded uplink receptions at once, for sweeps: active Tx at 4 Mb/s, bistatic as an unmodulated carrier.

    vector = TxVector(PpduKind.UL_ACTIVE, 4_000_000, seed_index=1)
    batch = UncodedBatch(profile, vector, 40_000_000, Detector.NON_COHERENT)
    received = batch.receive(samples, floor)        # complex64 (packets, n), noise power per sample (packets,)
    ok = [psdu == sent for psdu, sent in zip(received.psdus, ...)]

A bistatic reply still on its excitation goes through ``bistatic_batch``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.ap_batch import UplinkBatch
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.uncoded_frame import Detector, KeyedCarrier
from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.phy.uplink_search import first_sync, look_again, rows_from
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import CLEAR, UplinkSyncHits
from ampradio.profile.model import Profile
from ampradio.vectors import TxVector


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
        self._reader = UncodedReader(profile, vector, sample_rate_sps, detector)
        self._loop_tables: tuple[Any, ...] | None = None
        self._sync = UplinkSync(profile, vector.rate_bps, sample_rate_sps, CLEAR, vector.kind, carrier_limit_hz)

    def receive(self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64]) -> UplinkBatch:
        """Return what is received first in each row of ``samples`` (packets, n), complex64.

        ``floor`` (packets,) is the noise power per sample, 0 where unknown. A PSDU is given whether or not its FCS
        holds.
        """
        if accelerator.is_on() and samples.shape[1] >= self._sync.reach:
            return self._received(samples, floor)
        packets = samples.shape[0]
        hits = first_sync(self._sync, samples, floor, np.zeros(packets, np.intp))
        rows = hits.found.nonzero()[0]
        batch = UplinkBatch([None] * packets, hits.found, hits.timing.start, hits.timing.stretch, hits.carrier_hz)
        if not rows.size:
            return batch
        lead = int(UncodedReader.LEAD_CHIPS * self._sync.chip)
        if accelerator.is_on():
            for row in rows.tolist():
                self._read_one(samples, row, lead, batch, False)
            return batch
        origin = hits.timing.start[rows].astype(np.intp) - lead
        cut = rows_from(samples, origin, samples.shape[1] - int(origin.min()), rows)
        left = self._read_clear(cut, lead, samples.shape[1] - origin, hits.of(rows), origin, rows, batch)
        if left.size:
            rows, origin = rows[left], origin[left]
            carrier = self._reader.begin(cut[left], lead, hits.of(rows))
            read_rows(self._reader, carrier, samples.shape[1] - origin, origin, rows, batch)
        return batch

    def _received(self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64]) -> UplinkBatch:
        """Return what ``receive`` does, by a compiled loop as far as frames are clear."""
        sync, packets = self._sync, samples.shape[0]
        receive_each, lead, weak, search, reading, most = self._loop_tables or self._told()
        rows = samples if samples.flags.c_contiguous else np.ascontiguousarray(samples)
        found, octets = np.empty((6, packets)), np.empty((packets, most), np.uint8)
        blocks = (samples.shape[1] - sync.reach) // (sync.block * sync.grid) + 1
        powers = floor if floor.flags.c_contiguous else np.ascontiguousarray(floor)
        receive_each(rows, powers, blocks, lead, weak, found, octets, search, reading)
        start, stretch, carrier_hz, energy = found[:4]
        batch = UplinkBatch([None] * packets, energy > 0, start, stretch, carrier_hz)
        sizes, again = found[4:].tolist()
        if any(again):
            hits = UplinkSyncHits(batch.found, ChipTiming(start, stretch), carrier_hz, energy, found[5] > 1)
            look_again(sync, samples, floor, np.flatnonzero((found[5] > 0) & batch.found), hits)
        for row, size in enumerate(sizes):
            if size:
                batch.psdus[row] = octets[row, : int(size)].tobytes()
            elif batch.found[row]:
                self._read_one(samples, row, lead, batch, not again[row] and start[row] >= lead)
        return batch

    def _told(self) -> tuple[Any, ...]:
        """Return the loop and what it wants to know of all packets."""
        from ampradio.phy.uncoded_batch_loops import receive_each

        sync, clear = self._sync, self._reader.clear
        numbers = (int(UncodedReader.LEAD_CHIPS * sync.chip), sync.weak_energy)
        self._loop_tables = (receive_each, *numbers, sync.loop_tables, clear.loop_tables, clear.octets_max)
        return self._loop_tables

    def _read_clear(
        self,
        samples: npt.NDArray[np.complex64],
        lead: int,
        room: npt.NDArray[np.intp],
        hits: UplinkSyncHits,
        origin: npt.NDArray[np.intp],
        rows: npt.NDArray[np.intp],
        batch: UplinkBatch,
    ) -> npt.NDArray[np.intp]:
        """Write those of ``samples`` that are clear into ``rows`` of ``batch``; return which are not."""
        reader = self._reader
        turn = hits.carrier_hz * reader.finer / reader.rate_sps
        timing = ChipTiming(np.full(rows.size, float(lead)), hits.timing.stretch)
        clear = reader.clear.read_each(samples, timing, turn, room)
        for each, (row, psdu) in enumerate(zip(rows.tolist(), clear.psdus, strict=True)):
            if psdu is not None:
                place = clear.tracks[each]
                batch.start_sample[row], batch.stretch[row] = origin[each] + place[0], place[1]
                batch.cfo_hz[row] += place[3] * reader.rate_sps / (reader.finer * 2 * np.pi)
                batch.psdus[row] = psdu
        return np.flatnonzero([psdu is None for psdu in clear.psdus])

    def _read_one(
        self, samples: npt.NDArray[np.complex64], row: int, lead: int, batch: UplinkBatch, is_unclear: bool
    ) -> None:
        """Write the frame that begins where ``batch`` says into it."""
        reader, start = self._reader, int(batch.start_sample[row])
        origin = start - lead
        cut = samples[row, origin:] if origin >= 0 else np.pad(samples[row], (-origin, 0))
        carrier_hz = float(batch.cfo_hz[row])
        read = reader.read(cut, float(lead), float(batch.stretch[row]), carrier_hz, is_unclear)
        begun, stretch, _, turn = read.place
        batch.start_sample[row], batch.stretch[row] = origin + begun, stretch
        batch.cfo_hz[row] = carrier_hz + turn * reader.rate_sps / (reader.finer * 2 * math.pi)
        batch.psdus[row] = read.psdu if read.octets > 0 else None


def read_rows(
    reader: UncodedReader,
    carrier: KeyedCarrier,
    room: npt.NDArray[np.intp],
    origin: npt.NDArray[np.intp],
    rows: npt.NDArray[np.intp],
    batch: UplinkBatch,
) -> None:
    """Write the frames begun under ``carrier`` into ``rows`` of ``batch``; ``origin`` is sample 0 of each.

    A frame that would end past the samples that there is ``room`` for is none.
    """
    fitted, psdus = reader.short_frames(carrier)
    short = np.flatnonzero([psdu is not None for psdu in psdus])
    carrier = carrier.with_rows(short, fitted.of(short))
    longer = np.flatnonzero([psdu is None for psdu in psdus])
    if longer.size:
        begun, sizes = reader.headers(carrier.of(longer))
        carrier = carrier.with_rows(longer, begun)
        sizes[reader.needs(begun, sizes) > room[longer]] = 0
        for size in np.unique(sizes[sizes > 0]):
            some = np.flatnonzero(sizes == size)
            part, read = reader.whole(begun.of(some), int(size))
            carrier = carrier.with_rows(longer[some], part)
            for row, psdu in zip(longer[some], read, strict=True):
                psdus[row] = psdu
    track = carrier.track
    batch.start_sample[rows] = origin + track.timing.start / reader.finer
    batch.stretch[rows] = track.timing.stretch
    batch.cfo_hz[rows] += track.carrier.turn * reader.rate_sps / (2 * np.pi)
    for row, each in zip(rows, psdus, strict=True):
        batch.psdus[row] = each
