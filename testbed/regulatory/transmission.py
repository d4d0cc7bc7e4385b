"""What is about to leave an antenna, in the terms in which rules speak."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FULL_SCALE_DBM = 7.0  # a PlutoSDR at full scale and no attenuation, nominal at 2.4 GHz (Analog Devices' data sheet)
UNCERTAINTY_DB = 3.0  # boards and bands differ; nobody calibrates their output here
_ON_DB = 30.0  # below the peak that is silence
_OCCUPIED = 0.99
_MOST_SAMPLES = 1 << 22
_SEGMENT = 4096


@dataclass(frozen=True)
class Transmission:
    """What is about to be sent.

    ``on_dbfs`` is its mean power while it is on, beside a full-scale carrier. ``on_share`` of ``duration_s`` it is on;
    a duration of None is without an end.
    """

    centre_hz: float
    occupied_bandwidth_hz: float
    on_dbfs: float
    attenuation_db: float
    antenna_gain_dbi: float
    on_share: float
    duration_s: float | None

    @property
    def eirp_dbm(self) -> float:
        """Mean power while on in the antenna's best direction: nominal output and what boards differ upwards."""
        return FULL_SCALE_DBM + UNCERTAINTY_DB + self.on_dbfs - self.attenuation_db + self.antenna_gain_dbi

    @property
    def dbm_per_mhz(self) -> float:
        """Power density, as if it were flat over the occupied bandwidth."""
        return self.eirp_dbm - 10 * math.log10(max(self.occupied_bandwidth_hz, 1e6) / 1e6)

    def duty_in(self, window_s: float) -> float:
        """Return the largest share of a window of ``window_s`` in which it is on."""
        if self.duration_s is None or self.duration_s >= window_s:
            return self.on_share
        return self.on_share * self.duration_s / window_s


def measured(
    samples: npt.NDArray[np.complex64],
    rate_sps: int,
    centre_hz: float,
    *,
    attenuation_db: float,
    antenna_gain_dbi: float,
    repeated: bool = False,
) -> Transmission:
    """Return what sending ``samples``, (n,) at full scale 1, once or ``repeated`` without an end, is.

    The occupied bandwidth holds 99 % of the power, its edges as far from the centre as the farther one; of a long
    recording the first 4 million samples that are on decide. Raises ValueError when there is only silence.
    """
    power = np.abs(samples) ** 2
    peak = float(power.max(initial=0.0))
    if peak == 0.0:
        raise ValueError("there is nothing but silence to send")
    on = power > peak * 10 ** (-_ON_DB / 10)
    sounding = samples[on][:_MOST_SAMPLES] if not on.all() else samples[:_MOST_SAMPLES]
    return Transmission(
        centre_hz=centre_hz,
        occupied_bandwidth_hz=_occupied_hz(samples[: 4 * _MOST_SAMPLES], rate_sps),
        on_dbfs=10 * math.log10(float(np.mean(np.abs(sounding) ** 2))),
        attenuation_db=attenuation_db,
        antenna_gain_dbi=antenna_gain_dbi,
        on_share=float(on.mean()),
        duration_s=None if repeated else samples.size / rate_sps,
    )


def _occupied_hz(samples: npt.NDArray[np.complex64], rate_sps: int) -> float:
    from scipy import signal  # takes long to load, and a run that does not radiate has no use for it

    segment = min(_SEGMENT, samples.size)
    _, density = signal.welch(samples, rate_sps, window="hann", nperseg=segment, return_onesided=False, detrend=False)
    density = np.fft.fftshift(density)
    offsets = np.abs(np.fft.fftshift(np.fft.fftfreq(segment, 1 / rate_sps)))
    order = np.argsort(offsets)
    share = np.cumsum(density[order]) / density.sum()
    edge = offsets[order][int(np.searchsorted(share, _OCCUPIED))]
    return float(min(2 * edge + rate_sps / segment, rate_sps))
