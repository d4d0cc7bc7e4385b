"""Many bistatic replies at once, for sweeps: samples of a 40 MHz channel in, PSDUs out.

    batch = BistaticBatch(profile, TxVector(PpduKind.UL_BISTATIC, 250_000), 40_000_000, Detector.NON_COHERENT)
    received = batch.receive(samples, floor)        # complex64 (packets, n), noise power per sample (packets,)

Each row holds at least 51.2 µs of the excitation before the reply. ``shift_upwards`` of the TXVECTOR says in which half
the reply is; positions returned are in samples of the input.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.ap_batch import UplinkBatch
from ampradio.phy.bistatic_reply import BistaticReply
from ampradio.phy.excitation_reference import Excitation, heard_directly
from ampradio.phy.uncoded_batch import read_rows
from ampradio.phy.uncoded_frame import Detector
from ampradio.phy.uncoded_reader import UncodedReader
from ampradio.phy.uplink_channel import DECIMATION
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_search import first_sync, rows_from
from ampradio.phy.uplink_sync import UplinkSync
from ampradio.phy.uplink_sync_hits import UNEVEN
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector


class BistaticBatch:
    """Receives one reply from each row of an array of samples in which the energizer is heard too."""

    def __init__(
        self,
        profile: Profile,
        vector: TxVector,
        sample_rate_sps: int,
        detector: Detector = Detector.NON_COHERENT,
    ) -> None:
        """Prepare for replies of ``vector``'s rate and shift; ValueError for another kind, rate or sample rate."""
        if vector.kind is not PpduKind.UL_BISTATIC:
            raise ValueError(f"{vector.kind.name} is not a bistatic reply")
        chips = UplinkChips(profile, vector.rate_bps, sample_rate_sps // DECIMATION, vector.kind)
        self._reply = BistaticReply(profile, vector.rate_bps, sample_rate_sps, vector.shift_upwards, chips)
        rate_sps = self._reply.rate_sps
        self._reader = UncodedReader(profile, vector, rate_sps, detector)
        limit_hz = self._reply.carrier_limit_hz
        self._sync = UplinkSync(profile, vector.rate_bps, rate_sps, UNEVEN, vector.kind, limit_hz)

    def receive(self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64]) -> UplinkBatch:
        """Return the first reply in each row of ``samples`` (packets, n), complex64; see ``UncodedBatch.receive``."""
        packets, count = samples.shape[0], samples.shape[1] // DECIMATION
        halves = self._reply
        samples = halves.faults(samples, 0, 0).taken_off(samples)
        excitation = self._heard(samples, count)
        reply = halves.reply.samples(samples, 0, 0, count)
        floor = floor * halves.wiped_noise
        first = np.zeros(packets, np.intp)
        wiped = halves.wiped(excitation.later(halves.usual_path), reply, first)
        hits = first_sync(self._sync, wiped, floor, first)
        hits.found[~excitation.heard] = False
        batch = UplinkBatch([None] * packets, hits.found, hits.timing.start, hits.timing.stretch, hits.carrier_hz)
        rows = np.flatnonzero(hits.found)
        if rows.size:
            lead = int(UncodedReader.LEAD_CHIPS * self._sync.chip)
            origin = hits.timing.start[rows].astype(np.intp) - lead
            cut, some = rows_from(reply[rows], origin, count - int(origin.min())), hits.of(rows)
            excitation = excitation.of(rows)
            carrier = halves.keyed(self._reader, excitation, cut, origin, some, lead)
            read_rows(self._reader, carrier, count - origin, origin, rows, batch)
            batch.cfo_hz[rows] += excitation.turn * halves.rate_sps
        batch.start_sample[:] *= DECIMATION
        return batch

    def _heard(self, samples: npt.NDArray[np.complex64], count: int) -> Excitation:
        """Return the excitation as it begins, with the drift until the rows' end, or half way if it is over then."""
        halves, learnt = self._reply, self._reply.learnt

        def heard_at(first: int) -> Excitation:
            direct = halves.direct.samples(samples, 0, first, first + learnt)
            return heard_directly(halves.spectrum, direct).later(float(first))

        excitation = heard_at(0)
        for first in ((count - learnt) // 2, count - learnt):
            if first > 0:
                excitation = excitation.drifting(heard_at(first), 0.5 * learnt, first)
        return excitation
