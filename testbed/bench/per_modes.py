"""Packets over noise through the receivers, and the limits that the packet error rates are held against.

Every figure is over Ec/N0, the energy of one ON chip over the noise density: the Eb/N0 of the uncoded downlink, 3 dB
below the Eb/N0 of the coded uplink. A packet is a whole PPDU after a stretch of noise, at a random fraction of a
sample; a sync that is missed is a packet in error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import i0e

from ampradio.channel.clock import sample_clock_offset
from ampradio.channel.delay import delay
from ampradio.channel.noise import awgn
from ampradio.channel.offset import carrier_offset
from ampradio.phy import theory
from ampradio.phy.ap_batch import ApBatch
from ampradio.phy.modulate import ppdus
from ampradio.phy.tag_batch import TagBatch
from ampradio.phy.uplink import data_bits
from ampradio.phy.viterbi import decode
from ampradio.profile import airtime, load_profile
from ampradio.psdu import fcs
from ampradio.vectors import PpduKind, TxVector

OCTETS = 16
SEED_INDEX = 1
DECIMATION = 2
POOL = 64
AT_ONCE = 32
_LEAD_NS = 20_000
_DELAY_NS = 2_000
_TAIL_NS = 16_000
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Mode:
    """One direction and rate: how it is detected and at which Ec/N0, relative to its bar, it is measured."""

    name: str
    kind: PpduKind
    rate_bps: int
    detector: str
    bar: str
    offsets_db: tuple[float, ...]

    @property
    def chip_ns(self) -> int:
        """The duration of a data chip."""
        profile = load_profile()
        if self.kind is PpduKind.DL_TYPE1:
            return airtime.downlink_chip_ns(profile, self.rate_bps)
        return airtime.uplink_chip_ns(profile, self.kind, self.rate_bps)

    @property
    def coded(self) -> bool:
        """Whether the data are convolutionally coded."""
        return airtime.uplink_is_coded(load_profile(), self.kind, self.rate_bps)

    @property
    def freedom(self) -> float:
        """Complex degrees of freedom in a chip over the sampled band."""
        return self.chip_ns * load_profile().preamble.sample_rate_sps / _NS_PER_S


_DOWN = (-0.5, 0.0, 0.5, 1.0)
_UP = (-2.75, -2.25, -1.75, -1.25, -0.5, 0.0)
_ENERGY = "full-band energy"
_AIDED = "non-coherent, phase as the neighbouring chips tell it, soft Viterbi"
_GENIE = "ideal timing, each chip's phase unknown, exact soft values, same decoder"
MODES = (
    Mode("DL 250k", PpduKind.DL_TYPE1, 250_000, _ENERGY, "energy comparison, M = 40", _DOWN),
    Mode("DL 1M", PpduKind.DL_TYPE1, 1_000_000, _ENERGY, "energy comparison, M = 10", _DOWN),
    Mode("UL 250k", PpduKind.UL_ACTIVE, 250_000, _AIDED, _GENIE, _UP),
    Mode("UL 1M", PpduKind.UL_ACTIVE, 1_000_000, _AIDED, _GENIE, _UP),
)


def psdus(count: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return random Data frames (count, 16) with a right header and FCS."""
    profile = load_profile()
    body = OCTETS - profile.mac.header_octets - profile.mac.fcs_octets
    header = np.empty((count, profile.mac.header_octets), np.uint8)
    header[:] = (profile.mac.type_data, 0, 0, body - 1, 0)
    header[:, 1:3] = rng.integers(0, 256, (count, 2))
    plain = np.concatenate((header, rng.integers(0, 256, (count, body), np.uint8)), axis=1)
    checks = np.array([list(fcs(frame.tobytes())) for frame in plain], np.uint8)
    return np.concatenate((plain, checks), axis=1)


def errors(mode: Mode, clock_ppm: float, ecn0_db: float, packets: int, seed: tuple[int, ...]) -> int:
    """Return how many of ``packets`` are not received as sent; ``seed`` gives all that is random."""
    rng = np.random.default_rng(seed)
    pool_sent, pool = _pool(mode, clock_ppm)
    noise_power = mode.freedom / 10 ** (ecn0_db / 10)
    wrong = 0
    for begin in range(0, packets, AT_ONCE):
        chosen = rng.permutation(POOL)[: min(AT_ONCE, packets - begin)]
        received = _received(mode, pool[chosen], noise_power, rng)
        wrong += sum(psdu != sent.tobytes() for psdu, sent in zip(received, pool_sent[chosen], strict=True))
    return wrong


def downlink_per(mode: Mode, ecn0_db: float) -> float:
    """Return the packet error rate of an energy comparison with ideal timing."""
    gamma = float(theory.from_db(ecn0_db))
    return float(theory.per(theory.ber_energy(gamma, mode.freedom), 8 * OCTETS))


def union_bound_per(ecn0_db: float) -> float:
    """Return the union bound for the non-coherent coded uplink with ideal timing."""
    return float(theory.per_coded(float(theory.from_db(ecn0_db)), 8 * OCTETS))


def genie_errors(ecn0_db: float, packets: int, coherent: bool, seed: tuple[int, ...]) -> int:
    """Return errors of the coded uplink with chips integrated ideally and exact soft values.

    Their phases are known (``coherent``) or each unknown by itself.
    """
    profile = load_profile()
    rng = np.random.default_rng(seed)
    vector = TxVector(PpduKind.UL_ACTIVE, profile.uplink.rate_low_bps, seed_index=SEED_INDEX)
    amplitude = np.sqrt(float(theory.from_db(ecn0_db)))
    wrong = 0
    for begin in range(0, packets, 256):
        count = min(256, packets - begin)
        sent = data_bits(profile, rng.integers(0, 256, (count, OCTETS), np.uint8), vector)
        noise = rng.standard_normal((2, *sent.shape, 2)) @ (np.sqrt(0.5), np.sqrt(0.5) * 1j)
        first, second = amplitude * (1 - sent) + noise[0], amplitude * sent + noise[1]
        if coherent:
            soft = second.real - first.real
        else:
            soft = _log_i0(2 * amplitude * np.abs(second)) - _log_i0(2 * amplitude * np.abs(first))
        decided = decode(profile.uplink, soft.reshape(count, -1, 2))
        clean = decode(profile.uplink, (2.0 * sent - 1).reshape(count, -1, 2))
        wrong += int(np.count_nonzero((decided != clean).any(axis=1)))
    return wrong


def _log_i0(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.log(i0e(value)) + value)


def _received(
    mode: Mode, clean: npt.NDArray[np.complex64], noise_power: float, rng: np.random.Generator
) -> tuple[bytes | None, ...]:
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    if mode.kind is PpduKind.DL_TYPE1:
        noisy = awgn(clean, noise_power, rng)
        parts = noisy.view(np.float32).reshape(noisy.shape[0], -1, 2 * DECIMATION)
        power = np.einsum("pnk,pnk->pn", parts, parts)
        floor = np.full(power.shape[0], DECIMATION * noise_power)
        return _tag_batch().receive(power, floor).psdus
    limit_hz = profile.uplink.carrier_hz * profile.uplink.carrier_tolerance_ppm * 1e-6
    cfo_hz = rng.uniform(-limit_hz, limit_hz, clean.shape[0])
    turned = carrier_offset(clean, cfo_hz, rate_sps, rng.uniform(0, 2 * np.pi, clean.shape[0]))
    noisy = awgn(turned, noise_power, rng)
    return _ap_batch(mode.rate_bps).receive(noisy, np.full(noisy.shape[0], noise_power), SEED_INDEX).psdus


@lru_cache(maxsize=4)
def _pool(mode: Mode, clock_ppm: float) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.complex64]]:
    """Return PSDUs and their PPDUs without noise, each with its own delay and its clock at plus or minus the offset."""
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    rng = np.random.default_rng((MODES.index(mode), int(clock_ppm)))
    sent = psdus(POOL, rng)
    clock = rng.choice((-clock_ppm, clock_ppm), POOL)
    lead, tail = (round(ns * rate_sps / _NS_PER_S) for ns in (_LEAD_NS, _TAIL_NS))
    vector = TxVector(mode.kind, mode.rate_bps, seed_index=SEED_INDEX)
    if mode.kind is PpduKind.DL_TYPE1:
        samples = ppdus(profile, sent, vector)
    else:
        samples = ppdus(profile, sent, vector, clock_ppm=clock)
    padded = np.pad(samples, ((0, 0), (lead, tail)))
    placed = delay(padded, rng.uniform(0, _DELAY_NS / _NS_PER_S, POOL), rate_sps)
    if mode.kind is PpduKind.DL_TYPE1 and clock_ppm:
        placed = sample_clock_offset(placed, clock)
    return sent, np.ascontiguousarray(placed[:, : placed.shape[1] // DECIMATION * DECIMATION])


@lru_cache(maxsize=1)
def _tag_batch() -> TagBatch:
    profile = load_profile()
    return TagBatch(profile, profile.preamble.sample_rate_sps, DECIMATION)


@lru_cache(maxsize=2)
def _ap_batch(rate_bps: int) -> ApBatch:
    profile = load_profile()
    return ApBatch(profile, rate_bps, profile.preamble.sample_rate_sps)
