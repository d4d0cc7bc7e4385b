"""Doppler: TGn taps that change while a packet is on the air, because people move between stations that do not.

Source: V. Erceg et al., "TGn Channel Models", IEEE 802.11-03/940r4, May 2004: the bell-shaped spectrum
S(f) = 1 / (1 + 9 (f / f_d)^2) for \\|f\\| <= 5 f_d, where f_d = v / wavelength and v = 1.2 km/h; the constants also
in quadriga-lib's get_channels_ieee_indoor. The flicker of fluorescent lamps in model D is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.channel.multipath import delay_profile, multipath, on_sample_grid
from ampradio.channel.per_packet import Samples, checked

SPEED_OF_LIGHT_MPS = 299_792_458.0
ENVIRONMENT_SPEED_MPS = 1.2 / 3.6
BELL = 9.0  # so that S(f_d) is a tenth of S(0)
WIDEST = 5.0  # times f_d: where the spectrum ends
GRID_PER_CYCLE = 256  # points of the coarse grid in 1 / f_d: linear between them, within -73 dB (mean square)
FEWEST_SINUSOIDS = 32


@dataclass(frozen=True, eq=False)
class FadingTaps:
    """Impulse responses every ``step_samples`` from sample 0 on; linear in between, constant after the last.

    Attributes:
        taps: (..., points, k) complex64.
        step_samples: samples from one point to the next.
    """

    taps: Samples
    step_samples: int


def doppler_spread_hz(carrier_hz: float, speed_mps: float = ENVIRONMENT_SPEED_MPS) -> float:
    """Return f_d = v / wavelength in Hz: 2.7 Hz at 2437 MHz and the 1.2 km/h of TGn.

    Raises:
        ValueError: the carrier is not positive or the speed is negative.
    """
    if not (carrier_hz > 0 and speed_mps >= 0):
        raise ValueError(f"need carrier_hz > 0 and speed_mps >= 0, not {carrier_hz!r} and {speed_mps!r}")
    return speed_mps * carrier_hz / SPEED_OF_LIGHT_MPS


def fading_taps(
    model: str,
    sample_rate_sps: float,
    doppler_hz: float,
    samples: int,
    rng: np.random.Generator,
    packets: int | tuple[int, ...] | None = None,
) -> FadingTaps:
    """Return impulse responses of ``model`` that fade over ``samples`` samples; Rayleigh at every instant.

    Every path is a sum of sinusoids with independent complex Gaussian amplitudes, one in each of equally probable
    slices of the bell-shaped spectrum, anywhere in its slice: Gaussian exactly, its mean autocorrelation that of the
    spectrum exactly. There are more of them the longer it lasts, so that an average over time also is one over draws.

    Args:
        model: "B" or "D".
        sample_rate_sps: sample rate of signal and taps.
        doppler_hz: f_d, see :func:`doppler_spread_hz`; 0 for taps that stand still.
        samples: how long the signal is.
        rng: source of amplitudes and frequencies.
        packets: shape of the leading axes; None for one response without them.

    Raises:
        ValueError: no such model, the rate is not positive, or doppler_hz or samples is negative or not finite.
    """
    profile = delay_profile(model)
    kernel = on_sample_grid(profile, sample_rate_sps)
    if not (0 <= doppler_hz < math.inf and samples >= 0):
        raise ValueError(f"need finite doppler_hz >= 0 and samples >= 0, not {doppler_hz!r} and {samples!r}")
    step = max(1, int(sample_rate_sps / (GRID_PER_CYCLE * doppler_hz))) if doppler_hz else max(1, samples)
    cycles = np.arange(-(-max(samples - 1, 0) // step) + 1 if doppler_hz else 1) * (step / sample_rate_sps * doppler_hz)
    leading = () if packets is None else (packets,) if isinstance(packets, int) else packets
    amplitude = np.sqrt(profile.powers())[:, np.newaxis] * _bell(cycles, (*leading, len(kernel)), rng)
    taps = np.swapaxes(amplitude, -1, -2) @ kernel
    return FadingTaps(taps.astype(np.complex64), step)


def _bell(
    cycles: npt.NDArray[np.float64], shape: tuple[int, ...], rng: np.random.Generator
) -> npt.NDArray[np.complex128]:
    """Return (*shape, instants): unit-power Gaussian processes at instants counted in 1 / f_d."""
    count = FEWEST_SINUSOIDS + 4 * math.ceil(cycles[-1])
    slice_ = (np.arange(count) + rng.random((*shape, count))) / count
    frequency = np.tan((2 * slice_ - 1) * math.atan(math.sqrt(BELL) * WIDEST)) / math.sqrt(BELL)
    amplitude = rng.standard_normal((*shape, 2 * count)).view(np.complex128) / math.sqrt(2 * count)
    fine = math.isqrt(cycles.size - 1) + 1  # instants in a row; then their sum is a product of two small matrices
    rows, columns = cycles[::fine], cycles[:fine, np.newaxis]
    turning = amplitude[..., np.newaxis, :] * np.exp(2j * np.pi * rows[:, np.newaxis] * frequency[..., np.newaxis, :])
    process = turning @ np.exp(2j * np.pi * np.swapaxes(columns * frequency[..., np.newaxis, :], -1, -2))
    return np.asarray(process.reshape(*shape, -1)[..., : cycles.size])


def fading_multipath(samples: Samples, fading: FadingTaps) -> Samples:
    """Return ``samples`` (..., n) through taps that change on the way: (..., n + k - 1), complex64.

    A tap counts as it is when the sample enters it; within the 0.4 us of a response nothing moves.

    Raises:
        ValueError: the leading axes do not fit.
    """
    samples = checked(samples)
    size, step = samples.shape[-1], fading.step_samples
    points, count = fading.taps.shape[-2:]
    packets = np.broadcast_shapes(samples.shape[:-1], fading.taps.shape[:-2])
    out = np.zeros((*packets, size + count - 1), np.complex64)
    for point in range(points):
        start = max(0, (point - 1) * step + 1)
        stop = size if point == points - 1 else min(size, (point + 1) * step)
        if start >= stop:
            continue
        away = (np.arange(start, stop) - point * step) / step
        weight = 1.0 - np.abs(away)
        if point == points - 1:
            weight[away >= 0] = 1.0
        part = samples[..., start:stop] * weight.astype(np.float32)
        out[..., start : stop + count - 1] += multipath(part, fading.taps[..., point, :])
    return out
