"""Bistatic replies under the excitation that the AP hears directly, against the same chips as a plain carrier."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.channel.noise import awgn
from ampradio.phy import theory
from ampradio.phy.bistatic_batch import BistaticBatch
from ampradio.phy.excitation_theory import chip_energies, packet_error_rate
from ampradio.phy.uncoded_frame import Detector
from ampradio.profile import airtime, load_profile
from ampradio.vectors import TxVector
from testbed.bench.per_case import BITS, NS_PER_S, Air, Case
from testbed.bench.per_modes import psdus
from testbed.bench.uplink_links import bistatic_link

POOL = 64
_SILENT_DB = 120.0


@dataclass(frozen=True, kw_only=True)
class Bistatic(Case):
    """Replies of ``vector``, shifted by 20 MHz, the excitation itself 40 dB above them."""

    vector: TxVector
    reading: Detector

    def limit(self, ecn0_db: float) -> float:
        """Return the packet error rate of ideal chips whose energy is the excitation's."""
        energies = chip_energies(load_profile(), self.rate_bps, upper=not self.vector.shift_upwards)
        coherent = self.reading is Detector.COHERENT_AIDED
        return packet_error_rate(float(theory.from_db(ecn0_db)), energies, coherent, BITS)

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return replies of a pool, in fresh noise."""
        sent, clean, start, stretch = _pool(self.vector, clock_ppm)
        chosen = rng.permutation(POOL)[:packets]
        chip_ns = airtime.uplink_chip_ns(load_profile(), self.vector.kind, self.rate_bps)
        chip = chip_ns * self.sample_rate_sps / NS_PER_S
        noise_power = chip * stretch[chosen] / float(theory.from_db(ecn0_db))
        noisy = awgn(clean[chosen], noise_power, rng)
        return Air(sent[chosen], noisy, noise_power, clean[chosen], start[chosen], stretch[chosen])

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what the AP's receiver reads as sent, the noise floor known."""
        batch = _ap(self.vector, self.sample_rate_sps, self.reading)
        return air.right(batch.receive(air.samples, air.noise_power).psdus)


@lru_cache(maxsize=2)
def _pool(
    vector: TxVector, clock_ppm: float
) -> tuple[
    npt.NDArray[np.uint8], npt.NDArray[np.complex64], npt.NDArray[np.float64], npt.NDArray[np.float64]
]:
    """Return PSDUs and their replies without noise to speak of, each with its own delay, clock, carrier and phases."""
    rng = np.random.default_rng((vector.rate_bps, int(clock_ppm)))
    sent = psdus(POOL, rng)
    link = bistatic_link(vector, sent, clock_ppm, _SILENT_DB, rng)
    return sent, link.samples, link.start_sample, link.stretch


@lru_cache(maxsize=2)
def _ap(vector: TxVector, sample_rate_sps: int, reading: Detector) -> BistaticBatch:
    return BistaticBatch(load_profile(), vector, sample_rate_sps, reading)
