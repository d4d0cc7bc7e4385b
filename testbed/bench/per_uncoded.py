"""Uncoded uplinks at the AP, by the energies of chips or with the phase that their neighbours tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.phy import theory
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.phy.uncoded_frame import Detector
from ampradio.profile import load_profile
from ampradio.vectors import TxVector
from testbed.bench.per_case import BITS, Air, Case
from testbed.bench.per_modes import psdus
from testbed.bench.uplink_links import uplink_link

NON_COHERENT = "½·exp(−γ/2), γ = Ec/N0"
COHERENT = "Q(√γ), γ = Ec/N0"


@dataclass(frozen=True, kw_only=True)
class Uncoded(Case):
    """PPDUs of ``vector`` with a carrier anywhere within ± ``carrier_hz``, received by ``reading``."""

    vector: TxVector
    reading: Detector
    carrier_hz: float

    def limit(self, ecn0_db: float) -> float:
        """Return the packet error rate of ideal chips."""
        coherent = self.reading is Detector.COHERENT_AIDED
        gamma = float(theory.from_db(ecn0_db))
        return float(theory.per(theory.ber_coherent(gamma) if coherent else theory.ber_noncoherent(gamma), BITS))

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return PPDUs, each with its own delay, carrier and noise."""
        sent = psdus(packets, rng)
        link = uplink_link(self.vector, sent, self.sample_rate_sps, clock_ppm, ecn0_db, rng, self.carrier_hz)
        nothing = link.samples[:, :0]
        return Air(sent, link.samples, link.noise_power, nothing, link.start_sample, link.stretch, link.cfo_hz)

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what the AP's receiver reads as sent, the noise floor known."""
        batch = _ap(self.vector, self.sample_rate_sps, self.reading, self.carrier_hz)
        return air.right(batch.receive(air.samples, air.noise_power).psdus)


@lru_cache(maxsize=4)
def _ap(vector: TxVector, sample_rate_sps: int, reading: Detector, carrier_hz: float) -> UncodedBatch:
    return UncodedBatch(load_profile(), vector, sample_rate_sps, reading, carrier_hz)
