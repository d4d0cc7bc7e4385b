"""Additive white Gaussian noise of a given power per complex sample."""

from __future__ import annotations

import numpy as np

from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet


def noise_power_for_snr(on_power: PerPacket, snr_db: PerPacket) -> PerPacket:
    """Return the noise power per sample at which a signal of mean ON power ``on_power`` has ``snr_db``.

    The SNR is over the whole sampled band; ON is half of the time, so Eb/N0 differs (performance.md section 1).
    """
    return on_power * 10.0 ** (-np.asarray(snr_db, np.float64) / 10)


def awgn(samples: Samples, noise_power: PerPacket, rng: np.random.Generator, out: Samples | None = None) -> Samples:
    """Return ``samples`` (..., n) plus circular complex Gaussian noise.

    Args:
        samples: complex64.
        noise_power: mean square of the complex noise sample, one number or one per packet.
        rng: source of the noise; it draws the same amount for any power.
        out: where to put the result, complex64, contiguous, of the shape of ``samples`` and not ``samples``.

    Raises:
        ValueError: a noise power is negative or not finite, or does not fit the packets.
    """
    samples = checked(samples)
    power = per_packet("noise_power", noise_power, samples.shape[:-1])
    if (power < 0).any():
        raise ValueError(f"noise_power must not be negative, not {noise_power!r}")
    noise: Samples = np.empty(samples.shape, np.complex64) if out is None else out
    rng.standard_normal(dtype=np.float32, out=noise.view(np.float32))
    noise *= np.sqrt(power / 2).astype(np.float32)
    noise += samples
    return noise
