"""Uncoded uplinks at the AP, by the energies of chips or with the phase that their neighbours tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.channel.noise import awgn
from ampradio.channel.offset import carrier_offset
from ampradio.phy import theory
from ampradio.phy.uncoded_batch import UncodedBatch
from ampradio.phy.uncoded_frame import Detector
from ampradio.profile import airtime, load_profile
from ampradio.vectors import TxVector
from testbed.bench.per_case import BITS, NS_PER_S, Air, Case
from testbed.bench.per_modes import psdus
from testbed.bench.uplink_links import uplink_link

POOL = 96
_SILENT_DB = 120.0
NON_COHERENT = "½·exp(−γ/2), γ = Ec/N0"
COHERENT = "Q(√γ), γ = Ec/N0"


@dataclass(frozen=True, kw_only=True)
class Uncoded(Case):
    """PPDUs of ``vector`` received by ``reading``, which reckons with a carrier anywhere within ± ``carrier_hz``.

    It is anywhere there, or with ``offset_hz`` at plus or minus that.
    """

    vector: TxVector
    reading: Detector
    carrier_hz: float
    offset_hz: float | None = None

    def limit(self, ecn0_db: float) -> float:
        """Return the packet error rate of ideal chips."""
        coherent = self.reading is Detector.COHERENT_AIDED
        gamma = float(theory.from_db(ecn0_db))
        return float(theory.per(theory.ber_coherent(gamma) if coherent else theory.ber_noncoherent(gamma), BITS))

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return PPDUs of a pool, in fresh noise and with fresh carriers."""
        sent, clean, start, stretch = _pool(self.vector, self.sample_rate_sps, clock_ppm)
        chosen = rng.permutation(POOL)[:packets]
        hz = rng.uniform(-self.carrier_hz, self.carrier_hz, packets)
        if self.offset_hz is not None:
            hz = np.sign(hz) * self.offset_hz
        turned = carrier_offset(clean[chosen], hz, self.sample_rate_sps, rng.uniform(0, 2 * np.pi, packets))
        chip_ns = airtime.uplink_chip_ns(load_profile(), self.vector.kind, self.rate_bps)
        chip = chip_ns * self.sample_rate_sps / NS_PER_S
        noise_power = chip * stretch[chosen] / float(theory.from_db(ecn0_db))
        noisy = awgn(turned, noise_power, rng)
        return Air(sent[chosen], noisy, noise_power, turned, start[chosen], stretch[chosen], hz)

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what the AP's receiver reads as sent, the noise floor known."""
        batch = _ap(self.vector, self.sample_rate_sps, self.reading, self.carrier_hz)
        return air.right(batch.receive(air.samples, air.noise_power).psdus)


@lru_cache(maxsize=2)
def _pool(
    vector: TxVector, sample_rate_sps: int, clock_ppm: float
) -> tuple[
    npt.NDArray[np.uint8], npt.NDArray[np.complex64], npt.NDArray[np.float64], npt.NDArray[np.float64]
]:
    """Return PSDUs and their PPDUs without noise to speak of, each with its own delay, clock and phase."""
    rng = np.random.default_rng((vector.rate_bps, sample_rate_sps, int(clock_ppm)))
    sent = psdus(POOL, rng)
    link = uplink_link(vector, sent, sample_rate_sps, clock_ppm, _SILENT_DB, rng)
    return sent, link.samples, link.start_sample, link.stretch


@lru_cache(maxsize=4)
def _ap(vector: TxVector, sample_rate_sps: int, reading: Detector, carrier_hz: float) -> UncodedBatch:
    return UncodedBatch(load_profile(), vector, sample_rate_sps, reading, carrier_hz)
