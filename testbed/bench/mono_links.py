"""Mono-static packets over noise, in both directions, under the tag's clock and the AP's leak, and their bounds.

Every figure is over Ec/N0, the energy of one ON chip (as long as the tag's clock makes it) over the noise density. A
packet is a whole PPDU at a random fraction of a sample; one that is not found is in error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.channel.clock import sample_clock_offset
from ampradio.channel.delay import delay
from ampradio.channel.noise import awgn
from ampradio.phy import reflection, theory
from ampradio.phy.backscatter_batch import receive_mono_static
from ampradio.phy.fields import ppdu_fields
from ampradio.phy.modulate import ppdu, ppdus
from ampradio.phy.mono_tag_batch import MonoTagBatch
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.profile import airtime, load_profile
from ampradio.vectors import PpduKind, TxVector
from testbed.bench.per_modes import OCTETS, psdus

PPM = 1e-6
POOL = 64
AT_ONCE = 32
DECIMATION = 2
COMMAND_OCTETS = 8
LEAK_TAPS = np.array([1, 0.2j])  # the direct way and an echo 50 ns later, neither of which moves
ECHO, ECHO_SAMPLES, ECHO_HZ = 0.05, 2, 20.0  # another echo, from what moves: by 1 % of the leak in one PPDU
_LEAD = 400
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Link:
    """A direction at a clock offset; uplinks under a leak ``leak_db`` above the ON power of the reply, or none."""

    name: str
    kind: PpduKind
    rate_bps: int
    clock_ppm: float
    leak_db: float | None = None

    @property
    def is_uplink(self) -> bool:
        """Whether the AP receives."""
        return not self.kind.is_downlink

    @property
    def chip(self) -> int:
        """Samples in a nominal chip."""
        profile = load_profile()
        chip_ns = profile.downlink.chip_250k_ns
        if self.is_uplink:
            chip_ns = airtime.uplink_chip_ns(profile, self.kind, self.rate_bps)
        return chip_ns * profile.preamble.sample_rate_sps // _NS_PER_S

    @property
    def bound(self) -> str:
        """The bound that ``limit`` computes."""
        if self.is_uplink:
            return "coherent: Q(√γ), γ = Ec/N0; that is antipodal Q(√2γ') with the AC energy of a bit, 3 dB less"
        return f"energy comparison, M = {self.chip} by the tag's clock"

    def limit(self, ecn0_db: float) -> float:
        """Return the packet error rate of the ideal receiver."""
        gamma = float(theory.from_db(ecn0_db))
        if self.is_uplink:
            return float(theory.per(theory.ber_coherent(gamma), 8 * OCTETS))
        stretches = {1 - self.clock_ppm * PPM, 1 + self.clock_ppm * PPM}
        rates = [float(theory.per(theory.ber_energy(gamma, self.chip * each), 8 * OCTETS)) for each in stretches]
        return sum(rates) / len(rates)


STILL_LINKS = (
    Link("UL mono 250k", PpduKind.UL_MONO_STATIC, 250_000, 0.0),
    Link("UL mono 1M", PpduKind.UL_MONO_STATIC, 1_000_000, 0.0),
    Link("DL Type 2", PpduKind.DL_TYPE2, 250_000, 0.0),
    Link("DL Type 3", PpduKind.DL_TYPE3, 250_000, 0.0),
)
"""Each direction and rate, under a perfect clock and no leak."""


def errors(link: Link, ecn0_db: float, packets: int, seed: tuple[int, ...]) -> int:
    """Return how many of ``packets`` are not received as sent; ``seed`` gives all that is random."""
    rng, leak_rng = np.random.default_rng(seed), np.random.default_rng((*seed, 1))
    wrong = 0
    for begin in range(0, packets, AT_ONCE):
        sent, samples, noise_power = heard(link, ecn0_db, min(AT_ONCE, packets - begin), rng, leak_rng)
        got = received(link, samples, noise_power)
        wrong += sum(psdu != each.tobytes() for psdu, each in zip(got, sent, strict=True))
    return wrong


def heard(
    link: Link, ecn0_db: float, packets: int, rng: np.random.Generator, leak_rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.complex64], npt.NDArray[np.float64]]:
    """Return PSDUs, what the receiver hears of their PPDUs (packets, n), and the noise power in it (packets,).

    The noise does not depend on the leak, whose phases come from ``leak_rng``.
    """
    sent, clean, stretch = _pool(link.kind, link.rate_bps, link.clock_ppm, link.chip)
    chosen = rng.permutation(POOL)[:packets]
    noise_power = link.chip * stretch[chosen] / float(theory.from_db(ecn0_db))
    if not link.is_uplink:
        return sent[chosen], awgn(clean[chosen], noise_power, rng), noise_power
    excitation, _ = _excitation(link.rate_bps)
    phase = np.exp(2j * np.pi * rng.random((packets, 1)))
    samples = phase * clean[chosen].real * excitation
    if link.leak_db is not None:
        samples += 10 ** (link.leak_db / 20) * _leak(excitation, packets, leak_rng)
    return sent[chosen], awgn(samples.astype(np.complex64), noise_power, rng), noise_power


def received(
    link: Link, samples: npt.NDArray[np.complex64], noise_power: npt.NDArray[np.float64]
) -> list[bytes | None]:
    """Return the PSDU that the AP, or the tag with its noise floor known, reads of each row of ``samples``."""
    if not link.is_uplink:
        parts = samples.view(np.float32).reshape(samples.shape[0], -1, 2 * DECIMATION)
        power = np.einsum("pnk,pnk->pn", parts, parts)
        return list(_tag().receive(power, DECIMATION * noise_power).psdus)
    excitation, data_end = _excitation(link.rate_bps)
    replies = receive_mono_static(load_profile(), samples, excitation, link.rate_bps, data_end_sample=data_end)
    return [None if reply is None else reply.reception.psdu for reply in replies]


def _leak(excitation: npt.NDArray[np.complex64], packets: int, rng: np.random.Generator) -> npt.NDArray[np.complex128]:
    """Return the leak (packets, n) of unit mean power: its phases are random, an echo of it slowly turns."""
    still = np.convolve(excitation, LEAK_TAPS)[: excitation.size]
    echo = ECHO * np.concatenate((np.zeros(ECHO_SAMPLES), excitation[:-ECHO_SAMPLES]))
    turn = ECHO_HZ / load_profile().preamble.sample_rate_sps * np.arange(excitation.size)
    phase = np.exp(2j * np.pi * rng.random((2, packets, 1)))
    power = float(np.sum(np.abs(LEAK_TAPS) ** 2)) + ECHO**2
    leak: npt.NDArray[np.complex128] = phase[0] * (still + phase[1] * echo * np.exp(2j * np.pi * turn))
    return leak / np.sqrt(power)


@lru_cache(maxsize=2)
def _pool(
    kind: PpduKind, rate_bps: int, clock_ppm: float, chip: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.complex64], npt.NDArray[np.float64]]:
    """Return PSDUs, what there is of them without noise, and their stretch by clocks at plus or minus the offset."""
    profile = load_profile()
    rng = np.random.default_rng((kind.value, rate_bps, int(clock_ppm), chip))
    sent = psdus(POOL, rng)
    clock = rng.choice((-clock_ppm, clock_ppm), POOL)
    if kind is PpduKind.UL_MONO_STATIC:
        return sent, _reflected(rate_bps, sent, clock, rng), 1 + clock * PPM
    rate_sps = profile.preamble.sample_rate_sps
    send = TxVector(kind, rate_bps, excitation_ns=100_000)
    padded = np.pad(ppdus(profile, sent, send), ((0, 0), (_LEAD, _LEAD)))
    placed = delay(padded, rng.uniform(0, 2e-6, POOL), rate_sps)
    if clock_ppm:
        placed = sample_clock_offset(placed, clock)
    whole = placed.shape[1] // DECIMATION * DECIMATION
    return sent, np.ascontiguousarray(placed[:, :whole]), 1 + clock * PPM


def _reflected(
    rate_bps: int, sent: npt.NDArray[np.uint8], clock: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.complex64]:
    """Return how far ON the tags are at each sample of the excitation, T1 off by up to its tolerance."""
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    excitation, data_end = _excitation(rate_bps)
    vector = TxVector(PpduKind.UL_MONO_STATIC, rate_bps)
    gamma = reflection.reflection(profile, sent, vector, rate_sps, clock, on=1.0, off=0.0)
    off = rng.uniform(-profile.timing.t1_tolerance, profile.timing.t1_tolerance, POOL)
    start = data_end + profile.timing.t1_ns * rate_sps / _NS_PER_S * (1 + off)
    sums = running_sum(gamma, np.complex128)
    at = integral_to(sums, np.arange(excitation.size + 1) - start[:, np.newaxis])
    return np.diff(at, axis=1).astype(np.complex64)


@lru_cache(maxsize=2)
def _excitation(rate_bps: int) -> tuple[npt.NDArray[np.complex64], int]:
    """Return a Type 3 PPDU with room for a reply, and the sample at which its AMP-Data end."""
    profile = load_profile()
    reply_ns = airtime.uplink_backscatter_ns(profile, PpduKind.UL_MONO_STATIC, OCTETS, rate_bps)
    bst_ns = airtime.bst_excitation_ns(profile, reply_ns)
    send = TxVector(PpduKind.DL_TYPE3, profile.downlink.rate_low_bps, excitation_ns=bst_ns)
    bst = next(field for field in ppdu_fields(profile, COMMAND_OCTETS, send) if field.name == "BST-Excitation")
    return ppdu(profile, bytes(range(COMMAND_OCTETS)), send), bst.start_sample


@lru_cache(maxsize=1)
def _tag() -> MonoTagBatch:
    profile = load_profile()
    return MonoTagBatch(profile, profile.preamble.sample_rate_sps, DECIMATION)
