"""Indoor multipath: the IEEE 802.11 TGn channel models B and D, one antenna at each end, without line of sight.

Source: V. Erceg et al., "TGn Channel Models", IEEE 802.11-03/940r4, May 2004 (tap powers per cluster), read from
three public implementations that agree: stjaeckel/quadriga-lib src/get_channels_ieee_indoor.cpp, Scenargie's TGn MIMO
channel model, and a MATLAB table of models A to F. The clusters of model D add up to ETSI HIPERLAN/2 model A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ampradio.channel.fir import convolve, windowed_sinc
from ampradio.channel.per_packet import Samples

HALF_WIDTH = 8
BETA = 5.0  # every path is right within -46 dB in 80 % of the band, so the mean power gain within 0.02 dB
LEAD_SAMPLES = HALF_WIDTH - 1  # the tap at which the first path stands


@dataclass(frozen=True)
class DelayProfile:
    """Tap delays, and the mean powers of each cluster from the tap at which it begins."""

    delays_ns: tuple[int, ...]
    clusters_db: tuple[tuple[int, tuple[float, ...]], ...]

    def delays_s(self) -> npt.NDArray[np.float64]:
        """Return the tap delays (paths,) in seconds."""
        return np.array(self.delays_ns) * 1e-9

    def powers(self) -> npt.NDArray[np.float64]:
        """Return the mean powers (paths,) of the taps, all clusters added, normalised to a sum of one."""
        powers = np.zeros(len(self.delays_ns))
        for first, levels_db in self.clusters_db:
            powers[first : first + len(levels_db)] += 10.0 ** (np.array(levels_db) / 10)
        return np.asarray(powers / powers.sum())


MODEL_B = DelayProfile(
    (0, 10, 20, 30, 40, 50, 60, 70, 80),
    (
        (0, (0.0, -5.4, -10.8, -16.2, -21.7)),
        (2, (-3.2, -6.3, -9.4, -12.5, -15.6, -18.7, -21.8)),
    ),
)
MODEL_D = DelayProfile(
    (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 110, 140, 170, 200, 240, 290, 340, 390),
    (
        (0, (0.0, -0.9, -1.7, -2.6, -3.5, -4.3, -5.2, -6.1, -6.9, -7.8, -9.0, -11.1, -13.7, -16.3, -19.3, -23.2)),
        (10, (-6.6, -9.5, -12.1, -14.7, -17.4, -21.9, -25.5)),
        (14, (-18.8, -23.2, -25.2, -26.7)),
    ),
)
PROFILES = MappingProxyType({"B": MODEL_B, "D": MODEL_D})


def delay_profile(model: str) -> DelayProfile:
    """Return the power delay profile of TGn model ``model``, "B" or "D".

    Raises:
        ValueError: there is no such model.
    """
    if model not in PROFILES:
        raise ValueError(f"no TGn channel model {model!r}; there are {', '.join(PROFILES)}")
    return PROFILES[model]


def rms_delay_spread_s(model: str) -> float:
    """Return the RMS delay spread of ``model`` in seconds, from its table (nominally 15 ns for B, 50 ns for D)."""
    profile = delay_profile(model)
    delays, powers = profile.delays_s(), profile.powers()
    return float(np.sqrt(powers @ (delays - powers @ delays) ** 2))


def multipath_taps(
    model: str, sample_rate_sps: float, rng: np.random.Generator, packets: int | tuple[int, ...] | None = None
) -> Samples:
    """Return random impulse responses of ``model`` at the sample rate; Rayleigh fading, constant over a packet.

    Every path of the model has an independent complex Gaussian amplitude and is laid on the sample grid band-limited
    (windowed sinc; rounding to the nearest sample would make model B 21 ns wide at 20 MS/s). So the mean power
    gain is one, and the frequency correlation that of the model, within 80 % of the sampled band. The first path
    stands at tap ``LEAD_SAMPLES``; the taps before it are the lobes of the paths between samples.

    Args:
        model: "B" or "D".
        sample_rate_sps: sample rate of the taps.
        rng: source of the amplitudes.
        packets: shape of the leading axes; None for one response without them.

    Returns:
        (*packets, taps), complex64.

    Raises:
        ValueError: no such model, or the rate is not positive.
    """
    profile = delay_profile(model)
    kernel = on_sample_grid(profile, sample_rate_sps)
    leading = () if packets is None else (packets,) if isinstance(packets, int) else packets
    drawn = rng.standard_normal((*leading, 2 * len(profile.delays_ns))).view(np.complex128)
    faded: Samples = ((drawn * np.sqrt(profile.powers() / 2)) @ kernel).astype(np.complex64)
    return faded


def on_sample_grid(profile: DelayProfile, sample_rate_sps: float) -> npt.NDArray[np.float64]:
    """Return (paths, taps): each path of ``profile`` laid on the sample grid, delay 0 at tap ``LEAD_SAMPLES``.

    Raises:
        ValueError: the rate is not positive.
    """
    if not sample_rate_sps > 0:
        raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
    position = profile.delays_s() * sample_rate_sps
    taps = np.arange(-LEAD_SAMPLES, math.floor(round(position[-1], 6)) + HALF_WIDTH + 1)
    return windowed_sinc(taps - position[:, np.newaxis], HALF_WIDTH, BETA)


def multipath(samples: Samples, taps: Samples) -> Samples:
    """Return ``samples`` (..., n) convolved with ``taps`` (k,) or (..., k): (..., n + k - 1), complex64.

    Raises:
        ValueError: there is no tap, or the leading axes do not fit.
    """
    return convolve(samples, taps)
