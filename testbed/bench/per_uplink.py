"""The coded active uplink at the AP under any carrier, and the same decoder given perfect timing, clock and carrier."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.channel.delay import delay
from ampradio.channel.multipath import LEAD_SAMPLES, multipath, multipath_taps
from ampradio.channel.noise import awgn
from ampradio.channel.offset import carrier_offset
from ampradio.phy import theory
from ampradio.phy.ap_batch import ApBatch
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.manchester import chips_of
from ampradio.phy.modulate import ppdus
from ampradio.phy.running_sum import integral_to
from ampradio.phy.scrambler import scramble
from ampradio.phy.uplink import data_bits, scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_frame import derotated, soft_bits
from ampradio.phy.uplink_track import CarrierPhase, UplinkTrack
from ampradio.phy.viterbi import decode
from ampradio.profile import airtime, load_profile
from ampradio.psdu import octets_of
from ampradio.vectors import PpduKind, TxVector
from testbed.bench.per_case import BITS, NS_PER_S, PPM, Air, Case
from testbed.bench.per_modes import OCTETS, SEED_INDEX, psdus

POOL = 96
_LEAD, _TAIL = 400, 320
_DELAY_S = 2e-6
_TIMINGS = np.arange(-8.0, 13.0, 0.5)  # samples about the first path that a genie chooses among


@dataclass(frozen=True, kw_only=True)
class Coded(Case):
    """Active uplink PPDUs in noise, after the TGn ``channel`` if there is one.

    The carrier is anywhere within ± ``carrier_hz``, or with ``at_edge`` at one of its ends.
    """

    begin_db: float
    carrier_hz: float
    at_edge: bool = False
    channel: str | None = None

    @property
    def first_db(self) -> float:
        """Where to begin to look for the curve."""
        return self.begin_db

    @property
    def chip(self) -> float:
        """Samples in a chip."""
        chip_ns = airtime.uplink_chip_ns(load_profile(), PpduKind.UL_ACTIVE, self.rate_bps)
        return chip_ns * self.sample_rate_sps / NS_PER_S

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return PPDUs of a pool with fresh carriers, noise and fading."""
        pool = _pool(self.rate_bps, self.sample_rate_sps, clock_ppm)
        chosen = rng.permutation(POOL)[:packets]
        clean, start, stretch = pool.clean[chosen], pool.start[chosen], pool.stretch[chosen]
        hz = rng.choice((-1.0, 1.0), packets) if self.at_edge else rng.uniform(-1, 1, packets)
        hz *= self.carrier_hz
        clean = carrier_offset(clean, hz, self.sample_rate_sps, rng.uniform(0, 2 * np.pi, packets))
        if self.channel:
            clean = multipath(clean, multipath_taps(self.channel, self.sample_rate_sps, rng, packets))
            start = start + LEAD_SAMPLES
        noise_power = self.chip * stretch / float(theory.from_db(ecn0_db))
        return Air(pool.sent[chosen], awgn(clean, noise_power, rng), noise_power, clean, start, stretch, hz)

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what the AP's receiver reads as sent, the noise floor known."""
        batch = _ap(self.rate_bps, self.sample_rate_sps)
        return air.right(batch.receive(air.samples, air.noise_power, SEED_INDEX).psdus)


@dataclass(frozen=True, kw_only=True)
class CodedGenie(Coded):
    """The same soft values and decoder, told the clock, the carrier, its phase, and the timing that is best."""

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what is read as sent."""
        profile = load_profile()
        assert air.carrier_hz is not None
        vector = TxVector(PpduKind.UL_ACTIVE, self.rate_bps, seed_index=SEED_INDEX)
        chips = UplinkChips(profile, self.rate_bps, self.sample_rate_sps)
        bits = BITS + profile.uplink.bcc_tail_bits
        data = chips_of(data_bits(profile, air.sent, vector))
        sync = np.broadcast_to(chips.sync, (len(data), chips.sync.size)).astype(np.float64)
        word = np.concatenate((sync, data), axis=1)
        clean = derotated(air.clean, air.carrier_hz / self.sample_rate_sps)
        edges = chips.edges(4 * bits)
        tried = air.start[:, np.newaxis] + _TIMINGS
        at = tried[:, :, np.newaxis] + air.stretch[:, np.newaxis, np.newaxis] * edges
        integrals = np.diff(integral_to(clean, at.reshape(len(at), -1)).reshape(at.shape), axis=2)
        contrast = np.einsum("ptc,pc->pt", np.abs(integrals) ** 2, 2 * word - 1)
        rows = np.arange(len(tried))
        best = np.argmax(contrast, axis=1)
        phase = np.angle(np.einsum("pc,pc->p", integrals[rows, best], word))
        timing = ChipTiming(tried[rows, best], air.stretch)
        sums = derotated(air.samples, air.carrier_hz / self.sample_rate_sps)
        track = UplinkTrack(sums, timing, CarrierPhase(phase, np.zeros_like(phase)))
        soft = soft_bits(track, chips, 2 * bits)
        decided = decode(profile.uplink, soft.reshape(len(soft), bits, 2))
        seed = scrambler_seed(profile.uplink, SEED_INDEX)
        return air.right([octets_of(scramble(each[:BITS], seed)) for each in decided])


@dataclass(frozen=True, kw_only=True)
class CodedIdeal(Coded):
    """Chips integrated ideally, the phase of all known, exact soft values, the same decoder: the coherent bound."""

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return chip integrals as samples, the noise density one."""
        sent = rng.integers(0, 256, (packets, OCTETS), np.uint8)
        chips = chips_of(_coded(self.rate_bps, sent)) * float(np.sqrt(theory.from_db(ecn0_db)))
        noise = rng.standard_normal((2, *chips.shape))
        noisy = (chips + np.sqrt(0.5) * (noise[0] + 1j * noise[1])).astype(np.complex64)
        one = np.ones(packets)
        return Air(sent, noisy, one, chips.astype(np.complex64), one, one)

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what is decided as it would be without noise."""
        profile = load_profile()
        halves = air.samples.real.reshape(len(air.sent), -1, 2)
        soft = (halves[..., 1] - halves[..., 0]).reshape(len(halves), -1, 2)
        ideal = (2.0 * _coded(self.rate_bps, air.sent) - 1).reshape(soft.shape)
        right: npt.NDArray[np.bool_] = (decode(profile.uplink, soft) == decode(profile.uplink, ideal)).all(axis=1)
        return right


def _coded(rate_bps: int, sent: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return data_bits(load_profile(), sent, TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=SEED_INDEX))


@dataclass(frozen=True, eq=False)
class _Pool:
    sent: npt.NDArray[np.uint8]
    clean: npt.NDArray[np.complex64]
    start: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]


@lru_cache(maxsize=2)
def _pool(rate_bps: int, sample_rate_sps: int, clock_ppm: float) -> _Pool:
    """Return PPDUs without noise, each with its own delay and its clock at plus or minus the offset."""
    profile = load_profile()
    rng = np.random.default_rng((rate_bps, int(clock_ppm)))
    sent = psdus(POOL, rng)
    clock = rng.choice((-clock_ppm, clock_ppm), POOL)
    vector = TxVector(PpduKind.UL_ACTIVE, rate_bps, seed_index=SEED_INDEX)
    samples = np.pad(ppdus(profile, sent, vector, clock_ppm=clock), ((0, 0), (_LEAD, _TAIL)))
    wait_s = rng.uniform(0, _DELAY_S, POOL)
    return _Pool(
        sent, delay(samples, wait_s, sample_rate_sps), _LEAD + wait_s * sample_rate_sps, 1 + clock * PPM
    )


@lru_cache(maxsize=4)
def _ap(rate_bps: int, sample_rate_sps: int) -> ApBatch:
    return ApBatch(load_profile(), rate_bps, sample_rate_sps)
