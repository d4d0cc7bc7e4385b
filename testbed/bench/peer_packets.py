"""The uplink packets that both receivers of ``make bench-peer`` are given: a keyed carrier, uncoded, at 4 MS/s.

A tag keys a carrier of amplitude 1 in Manchester chips of 2 us behind the 48-chip AMP-Sync (the bistatic reply at
250 kb/s as the AP hears it). Phase, start and the sign of the clock error are random, the carrier offset is zero; a
sample is the mean of the waveform over its period. Ec/N0 is that of a chip as long as the tag's clock makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.channel.noise import awgn
from ampradio.phy import theory, uplink
from ampradio.phy.amp_sync import uplink_chips
from ampradio.profile import airtime, load_profile
from ampradio.psdu import fcs
from ampradio.vectors import PpduKind, TxVector

RATE_SPS = 4_000_000
VECTOR = TxVector(PpduKind.UL_BISTATIC, 250_000)
POOL = 128
OCTETS = 16
BITS = 8 * OCTETS
PPM = 1e-6
_FINE = 10  # steps in a sample at which a packet may begin
_LEAD_CHIPS = 80
_EARLIEST_CHIPS = 8  # a packet begins up to this much later
_TAIL_CHIPS = 20
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Form:
    """What the peer has to know of a PPDU.

    Attributes:
        word: chips of the AMP-Sync.
        before_data: chips between it and the data.
        chip: samples in a nominal chip.
        envelope: whether ON chips are wideband, so that the power is taken before the chip is integrated.
    """

    word: tuple[int, ...]
    before_data: int
    chip: int
    envelope: bool


@dataclass(frozen=True, eq=False)
class Packets:
    """``samples`` (packets, n) complex64 with noise of ``noise_power`` (packets,), and ``bits`` (packets, 128)."""

    samples: npt.NDArray[np.complex64]
    bits: npt.NDArray[np.uint8]
    sent: tuple[bytes, ...]
    noise_power: npt.NDArray[np.float64]
    form: Form


def samples_per_chip() -> int:
    """Return the samples in a nominal chip."""
    return airtime.uplink_chip_ns(load_profile(), VECTOR.kind, VECTOR.rate_bps) * RATE_SPS // _NS_PER_S


def sync_chips() -> npt.NDArray[np.uint8]:
    """Return the AMP-Sync (48,) that both receivers look for."""
    return uplink_chips(load_profile().uplink, VECTOR.kind)


def limit_per(ecn0_db: float) -> float:
    """Return the packet error rate of ideal timing and non-coherent chips."""
    return float(theory.per(theory.ber_noncoherent(float(theory.from_db(ecn0_db))), BITS))


def packets(clock_ppm: float, ecn0_db: float, count: int, seed: tuple[int, ...]) -> Packets:
    """Return ``count`` packets over noise; ``seed`` gives all that is random."""
    rng = np.random.default_rng(seed)
    octets, stretch, clean = _pool(clock_ppm)
    chosen = rng.integers(0, POOL, count)
    noise_power = samples_per_chip() * stretch[chosen] / float(theory.from_db(ecn0_db))
    turned = clean[chosen] * np.exp(2j * np.pi * rng.random((count, 1))).astype(np.complex64)
    bits = np.unpackbits(octets[chosen], axis=-1, bitorder="little")
    form = Form(tuple(int(each) for each in sync_chips()), 0, samples_per_chip(), envelope=False)
    sent = tuple(octets[each].tobytes() for each in chosen)
    return Packets(awgn(turned, noise_power, rng), bits, sent, noise_power, form)


@lru_cache(maxsize=3)
def _pool(clock_ppm: float) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Return PSDUs, how much longer than nominal their chips are, and their samples without noise."""
    rng = np.random.default_rng(int(clock_ppm))
    chip = samples_per_chip()
    sent = data_frames(POOL, rng)
    clock = rng.choice((-clock_ppm, clock_ppm), POOL)
    levels = uplink.levels(load_profile(), sent, VECTOR, RATE_SPS * _FINE, clock)
    begin = _LEAD_CHIPS * chip * _FINE + rng.integers(0, _EARLIEST_CHIPS * chip * _FINE, POOL)
    size = (_LEAD_CHIPS + _EARLIEST_CHIPS + _TAIL_CHIPS) * chip + -(-levels.shape[1] // _FINE)
    waves = np.zeros((POOL, size * _FINE), np.float32)
    for wave, level, first in zip(waves, levels, begin, strict=True):
        wave[first : first + level.size] = level
    return sent, 1 + clock * PPM, waves.reshape(POOL, size, _FINE).mean(axis=-1)


def data_frames(count: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Return Data frames (count, 16) with random IDs and bodies."""
    mac = load_profile().mac
    body = OCTETS - mac.header_octets - mac.fcs_octets
    frames = []
    for _ in range(count):
        plain = bytes([mac.type_data, *rng.bytes(2), body - 1, 0]) + rng.bytes(body)
        frames.append(np.frombuffer(plain + fcs(plain), np.uint8))
    return np.stack(frames)
