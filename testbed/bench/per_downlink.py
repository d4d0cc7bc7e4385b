"""Type 1 at the tag: an energy comparison over the sampled band, at the sample rates that the receiver runs at.

Below the native rate the PPDU goes through a steep filter first. Ec is the energy of an ON chip that is left of it, and
the bar the energy comparison of what lies inside the ON chip with what that filter smears into the OFF chip.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special, stats
from scipy.signal import firwin, resample_poly

from ampradio.channel.clock import sample_clock_offset
from ampradio.channel.delay import delay
from ampradio.channel.multipath import LEAD_SAMPLES, multipath, multipath_taps
from ampradio.channel.noise import awgn
from ampradio.phy import theory
from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.envelope_chips import EnvelopeChips, bits_of
from ampradio.phy.manchester import chips_of
from ampradio.phy.modulate import ppdus
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.square_law import square_law
from ampradio.phy.tag_batch import TagBatch
from ampradio.profile import airtime, load_profile
from ampradio.psdu import octets_of
from ampradio.vectors import PpduKind, TxVector
from testbed.bench.per_case import BITS, NS_PER_S, PPM, Air, Case
from testbed.bench.per_modes import psdus

POOL = 96
_LEAD, _TAIL = 400, 320  # samples of silence at the native rate
_DELAY_S = 2e-6
_STEEP, _STEEPNESS = ("kaiser", 8.0), 64  # samples of the slower rate either side
_LEAST_RATE_SPS = 16_000_000  # slower samples are interpolated first
_NODES = 200  # of the integral over the OFF chip's energy
_NOTHING = 0.003  # less of an ON chip in the OFF chip is as good as none: below 0.02 dB
_TIMINGS = np.arange(-8.0, 13.0, 0.5)  # samples about the first path that a genie chooses among


@dataclass(frozen=True, kw_only=True)
class Downlink(Case):
    """Type 1 PPDUs in noise, after the TGn ``channel`` if there is one; ``decimation`` samples in a power sample."""

    decimation: int = 1
    channel: str | None = None

    @property
    def freedom(self) -> float:
        """Complex degrees of freedom in a data chip over the sampled band."""
        return airtime.downlink_chip_ns(load_profile(), self.rate_bps) * self.sample_rate_sps / NS_PER_S

    @property
    def down(self) -> int:
        """Native samples in a sample."""
        return load_profile().preamble.sample_rate_sps // self.sample_rate_sps

    @property
    def interpolation(self) -> int:
        """Samples made of one before it is squared."""
        return -(-_LEAST_RATE_SPS // self.sample_rate_sps)

    def limit(self, ecn0_db: float) -> float:
        """Return the packet error rate of an energy comparison with ideal timing."""
        if self.channel:
            return float("nan")
        inside, outside = _bit_energies(self.rate_bps, self.sample_rate_sps)
        gamma = float(theory.from_db(ecn0_db)) / (inside + outside)
        return float(theory.per(_ber(inside * gamma, outside * gamma, self.freedom), BITS))

    def generate(self, rng: np.random.Generator, packets: int, ecn0_db: float, clock_ppm: float) -> Air:
        """Return PPDUs of a pool, in fresh noise and fading."""
        pool = _pool(self.rate_bps, self.sample_rate_sps, self.decimation, clock_ppm)
        chosen = rng.permutation(POOL)[:packets]
        clean, start = pool.clean[chosen], pool.start[chosen]
        if self.channel:
            taps = multipath_taps(self.channel, self.sample_rate_sps, rng, packets)
            clean = multipath(clean, taps)
            clean = clean[:, : clean.shape[1] // self.decimation * self.decimation]
            start = start + LEAD_SAMPLES
        # of an ON chip in samples of this rate, unit noise density being unit power per sample
        chip_energy = sum(_bit_energies(self.rate_bps, self.sample_rate_sps)) / self.down
        noise_power = pool.stretch[chosen] * chip_energy / float(theory.from_db(ecn0_db))
        noisy = awgn(clean, noise_power, rng)
        return Air(pool.sent[chosen], noisy, noise_power, clean, start, pool.stretch[chosen])

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what the tag's receiver reads as sent, the noise floor known."""
        power = square_law(air.samples, decimation=self.decimation, interpolation=self.interpolation)
        batch = _tag(self.sample_rate_sps * self.interpolation, self.decimation)
        return air.right(batch.receive(power, self.decimation * air.noise_power).psdus)


@dataclass(frozen=True, kw_only=True)
class DownlinkGenie(Downlink):
    """The same energy comparison told the clock and the timing at which ON and OFF differ most without noise."""

    def receive(self, air: Air) -> npt.NDArray[np.bool_]:
        """Return what is read as sent."""
        profile = load_profile()
        chips = _chips(self.rate_bps, self.sample_rate_sps, self.decimation)
        sig_bits = 8 * profile.downlink.sig_octets
        edges = chips.edges(2 * (sig_bits + BITS))
        data = edges[-1 - 2 * BITS :]
        signs = 2.0 * chips_of(np.unpackbits(air.sent, axis=-1, bitorder="little")) - 1
        clean = running_sum(square_law(air.clean, decimation=self.decimation), np.float64)
        tried = (air.start[:, np.newaxis] + _TIMINGS) / self.decimation
        at = tried[:, :, np.newaxis] + air.stretch[:, np.newaxis, np.newaxis] * data
        energy = np.diff(integral_to(clean, at.reshape(len(at), -1)).reshape(at.shape), axis=2)
        contrast = np.einsum("ptc,pc->pt", energy, signs)
        best = tried[np.arange(len(tried)), np.argmax(contrast, axis=1)]
        sums = running_sum(square_law(air.samples, decimation=self.decimation), np.float64)
        decided, _ = bits_of(sums, ChipTiming(best, air.stretch), chips, sig_bits + BITS)
        return air.right([octets_of(bits[sig_bits:]) for bits in decided])


@dataclass(frozen=True, eq=False)
class _Pool:
    sent: npt.NDArray[np.uint8]
    clean: npt.NDArray[np.complex64]
    start: npt.NDArray[np.float64]
    stretch: npt.NDArray[np.float64]


@lru_cache(maxsize=2)
def _pool(rate_bps: int, sample_rate_sps: int, decimation: int, clock_ppm: float) -> _Pool:
    """Return PPDUs without noise, each with its own delay, received with clocks at plus or minus the offset."""
    profile = load_profile()
    native_sps = profile.preamble.sample_rate_sps
    rng = np.random.default_rng((rate_bps, int(clock_ppm)))
    sent = psdus(POOL, rng)
    clock = rng.choice((-clock_ppm, clock_ppm), POOL)
    samples = ppdus(profile, sent, TxVector(PpduKind.DL_TYPE1, rate_bps))
    wait_s = rng.uniform(0, _DELAY_S, POOL)
    placed = delay(np.pad(samples, ((0, 0), (_LEAD, _TAIL))), wait_s, native_sps)
    placed = sample_clock_offset(placed, clock)
    stretch = 1 + clock * PPM
    first = _LEAD + airtime.non_amp_ns(profile) * native_sps / NS_PER_S + wait_s * native_sps
    down = native_sps // sample_rate_sps
    clean = placed if down == 1 else _slower(placed, down)
    # a sample of the slower stream lies where the first of ``down`` lay
    start = ((first - 0.5) * stretch) / down + 0.5
    clean = np.ascontiguousarray(clean[:, : clean.shape[1] // decimation * decimation])
    return _Pool(sent, clean, start, stretch)


@lru_cache(maxsize=16)
def _bit_energies(rate_bps: int, sample_rate_sps: int) -> tuple[float, float]:
    """Return the mean energy in native samples of the ON and of the OFF chip of a bit, without noise or clock error."""
    profile = load_profile()
    native_sps = profile.preamble.sample_rate_sps
    sent = psdus(POOL, np.random.default_rng(rate_bps))
    samples = ppdus(profile, sent, TxVector(PpduKind.DL_TYPE1, rate_bps))
    down = native_sps // sample_rate_sps
    if down > 1:
        samples = resample_poly(_slower(samples, down), down, 1, axis=1, window=_filter(down))
    chip = airtime.downlink_chip_ns(profile, rate_bps) * native_sps // NS_PER_S
    sync_ns = profile.downlink.sync_chip_ns * downlink_chips(profile.downlink, rate_bps).size
    before_ns = airtime.non_amp_ns(profile) + sync_ns
    first = before_ns * native_sps // NS_PER_S + 2 * 8 * profile.downlink.sig_octets * chip
    data = samples[:, first : first + 2 * BITS * chip].reshape(POOL, BITS, 2, chip)
    energy = np.sum(np.abs(data) ** 2, axis=3)
    return float(energy.max(axis=2).mean()), float(energy.min(axis=2).mean())


def _slower(samples: npt.NDArray[np.complex64], down: int) -> npt.NDArray[np.complex64]:
    """Return every ``down``-th of ``samples`` (packets, n), behind a steep filter."""
    slower: npt.NDArray[np.complex64] = resample_poly(samples, 1, down, axis=1, window=_filter(down))
    return slower.astype(np.complex64)


def _filter(down: int) -> npt.NDArray[np.float64]:
    return np.asarray(firwin(2 * _STEEPNESS * down + 1, 1 / down, window=_STEEP))


def _ber(inside: float, outside: float, freedom: float) -> float:
    """Return how often a chip of energy ``inside`` over N0 in noise has less than one of ``outside``."""
    if outside < _NOTHING * inside:
        return float(theory.ber_energy(inside + outside, freedom))
    nodes, weights = special.roots_legendre(_NODES)
    low, high = (float(bound) for bound in stats.ncx2.ppf((1e-15, 1 - 1e-15), 2 * freedom, 2 * outside))
    value = low + (high - low) * (nodes + 1) / 2
    density = stats.ncx2.pdf(value, 2 * freedom, 2 * outside) * stats.ncx2.cdf(value, 2 * freedom, 2 * inside)
    return float(np.sum(weights * density) * (high - low) / 2)


@lru_cache(maxsize=4)
def _tag(sample_rate_sps: int, decimation: int) -> TagBatch:
    return TagBatch(load_profile(), sample_rate_sps, decimation)


@lru_cache(maxsize=8)
def _chips(rate_bps: int, sample_rate_sps: int, decimation: int) -> EnvelopeChips:
    return EnvelopeChips(load_profile(), rate_bps, sample_rate_sps, decimation)
