"""Streams of PPDUs as a receiver meets them: silence, noise, clocks, carriers, and what was really sent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.modulate import ppdu
from ampradio.profile import load_profile
from ampradio.psdu import crc8, fcs
from ampradio.vectors import PpduKind, TxVector

PROFILE = load_profile()
RATE_SPS = 20_000_000
NS_PER_SAMPLE = 50
DECIMATION = 2
TYPES = (5, 8, 9, 10, 12, 13)  # air-interface page, section 5: all that have a Length
ACK = 6
CARRIER_LIMIT_HZ = 2.437e6


def random_psdu(rng: np.random.Generator, octets: int, protected: bool = False) -> bytes:
    """Return a frame of ``octets`` by the page's section 5 and rules 1, 2 and 5, random where it may be."""
    if octets == 4:
        plain = bytes([ACK]) + rng.bytes(2)
        return plain + bytes([crc8(plain)])
    body = octets - 7
    plain = bytes([int(rng.choice(TYPES)) | protected << 4]) + rng.bytes(2) + bytes([body - 1, 0]) + rng.bytes(body)
    return plain + fcs(plain)


@dataclass(frozen=True)
class Sent:
    """One PPDU in a stream: samples ``start`` up to ``stop``."""

    psdu: bytes
    vector: TxVector
    start: int
    stop: int
    clock_ppm: float = 0.0
    cfo_hz: float = 0.0


def downlink_stream(
    rng: np.random.Generator, count: int, noise_power: float = 0.0, octets: tuple[int, ...] = (4, 8, 13, 30, 71)
) -> tuple[npt.NDArray[np.complex64], list[Sent]]:
    """Return a stream of ``count`` downlink PPDUs, gaps of 10 to 100 µs between them, and what is in it."""
    rates = (PROFILE.downlink.rate_low_bps, PROFILE.downlink.rate_high_bps)
    parts = [np.zeros(int(rng.integers(500, 5000)), np.complex64)]
    position, sent = parts[0].size, []
    for _ in range(count):
        size = int(rng.choice(octets))
        protected = bool(rng.integers(2)) and size > 4
        vector = TxVector(PpduKind.DL_TYPE1, int(rng.choice(rates)), int(rng.integers(64)), protected)
        psdu = random_psdu(rng, size, protected)
        samples = ppdu(PROFILE, psdu, vector)
        gap = int(rng.integers(200, 2000))
        sent.append(Sent(psdu, vector, position, position + samples.size))
        parts += [samples, np.zeros(gap, np.complex64)]
        position += samples.size + gap
    return with_noise(rng, np.concatenate([*parts, np.zeros(3000, np.complex64)]), noise_power), sent


def uplink_stream(
    rng: np.random.Generator,
    count: int,
    noise_power: float = 0.0,
    octets: tuple[int, ...] = (4, 8, 13, 30, 71),
    offsets: bool = True,
) -> tuple[npt.NDArray[np.complex64], list[Sent]]:
    """Return a stream of ``count`` active uplink PPDUs with any clock and carrier allowed, and what is in it."""
    rates = (PROFILE.uplink.rate_low_bps, PROFILE.uplink.rate_mid_bps)
    parts = [np.zeros(int(rng.integers(500, 5000)), np.complex64)]
    position, sent = parts[0].size, []
    for _ in range(count):
        vector = TxVector(PpduKind.UL_ACTIVE, int(rng.choice(rates)), seed_index=int(rng.integers(4)))
        psdu = random_psdu(rng, int(rng.choice(octets)))
        clock_ppm = float(rng.uniform(-10_000, 10_000)) if offsets else 0.0
        cfo_hz = float(rng.uniform(-CARRIER_LIMIT_HZ, CARRIER_LIMIT_HZ)) if offsets else 0.0
        samples = ppdu(PROFILE, psdu, vector, clock_ppm=clock_ppm)
        turned = samples * np.exp(2j * np.pi * (rng.random() + cfo_hz / RATE_SPS * np.arange(samples.size)))
        gap = int(rng.integers(200, 2000))
        sent.append(Sent(psdu, vector, position, position + samples.size, clock_ppm, cfo_hz))
        parts += [turned.astype(np.complex64), np.zeros(gap, np.complex64)]
        position += samples.size + gap
    return with_noise(rng, np.concatenate([*parts, np.zeros(3000, np.complex64)]), noise_power), sent


def with_noise(
    rng: np.random.Generator, samples: npt.NDArray[np.complex64], noise_power: float
) -> npt.NDArray[np.complex64]:
    """Return ``samples`` plus complex Gaussian noise of that power per sample."""
    if noise_power == 0:
        return samples
    noise = rng.standard_normal((2, samples.size)) * np.sqrt(noise_power / 2)
    return (samples + noise[0] + 1j * noise[1]).astype(np.complex64)


def envelope(samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.float32]:
    """Return |x|² summed over pairs of samples: what a tag's detector gives."""
    power = np.abs(samples[..., : samples.shape[-1] // DECIMATION * DECIMATION]) ** 2
    return power.reshape(*power.shape[:-1], -1, DECIMATION).sum(axis=-1).astype(np.float32)


def cuts(rng: np.random.Generator, size: int, longest: int) -> list[int]:
    """Return increasing positions from 0 to ``size`` that cut a stream into random pieces, empty ones among them."""
    positions = [0]
    while positions[-1] < size:
        positions.append(min(size, positions[-1] + int(rng.integers(0, longest))))
    return positions
