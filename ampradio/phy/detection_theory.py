"""Bit and packet error rates of OOK/Manchester detectors (performance page, section 1).

``gamma`` is Eb/N0 as a ratio, Eb the energy of one Manchester bit: its ON chip, A²·Tc. All functions take arrays.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import integrate, optimize, special, stats

Values = npt.NDArray[np.float64]
Ber = Callable[[npt.ArrayLike], Values]


def from_db(value_db: npt.ArrayLike) -> Values:
    """Return the ratio of ``value_db``."""
    return np.asarray(10.0 ** (np.asarray(value_db, np.float64) / 10.0))


def to_db(ratio: npt.ArrayLike) -> Values:
    """Return ``ratio`` in dB."""
    return np.asarray(10.0 * np.log10(np.asarray(ratio, np.float64)))


def q_function(value: npt.ArrayLike) -> Values:
    """Return the upper tail of the standard normal distribution."""
    return np.asarray(stats.norm.sf(value))


def ber_coherent(gamma: npt.ArrayLike) -> Values:
    """Return the bit error rate of the coherent matched filter (orthogonal chips): Q(√γ)."""
    return q_function(np.sqrt(np.asarray(gamma, np.float64)))


def ber_antipodal(gamma: npt.ArrayLike) -> Values:
    """Return the bit error rate of coherent antipodal signalling (BPSK backscatter, Eb = AC energy): Q(√2γ)."""
    return q_function(np.sqrt(2.0 * np.asarray(gamma, np.float64)))


def ber_noncoherent(gamma: npt.ArrayLike) -> Values:
    """Return the bit error rate with a known waveform of unknown phase (M = 1): exp(−γ/2)/2."""
    return np.asarray(0.5 * np.exp(-0.5 * np.asarray(gamma, np.float64)))


def ber_energy(gamma: npt.ArrayLike, dof: float) -> Values:
    """Return the bit error rate of an energy comparison with ``dof`` complex degrees of freedom a chip (M = B·Tc).

    Equals ``ber_noncoherent`` for 1. Any real ``dof`` above 0 is allowed.
    """
    gamma = np.asarray(gamma, np.float64)
    if dof != int(dof):
        return np.asarray(stats.ncf.cdf(1.0, 2 * dof, 2 * dof, 2 * gamma))
    terms = np.arange(int(dof))
    weight = stats.binom.cdf(int(dof) - 1 - terms, 2 * int(dof) - 1, 0.5)
    return np.asarray(stats.poisson.pmf(terms, gamma[..., np.newaxis] / 2) @ weight)


def ber_energy_random(gamma: npt.ArrayLike, dof: float) -> Values:
    """Return the bit error rate of an energy comparison when the ON waveform is Gaussian: I_x(M, M), x = 1/(2+γ/M)."""
    return np.asarray(special.betainc(dof, dof, 1.0 / (2.0 + np.asarray(gamma, np.float64) / dof)))


def ber_rayleigh(gamma_mean: npt.ArrayLike) -> Values:
    """Return the non-coherent bit error rate in flat Rayleigh fading: 1/(2 + mean γ)."""
    return np.asarray(1.0 / (2.0 + np.asarray(gamma_mean, np.float64)))


def ber_fm0(ber: npt.ArrayLike) -> Values:
    """Return the FM0 bit error rate when a half symbol is wrong with probability ``ber``: 2p(1−p)."""
    p = np.asarray(ber, np.float64)
    return np.asarray(2 * p * (1 - p))


def per(ber: npt.ArrayLike, bits: int) -> Values:
    """Return the packet error rate of ``bits`` independent bits: 1 − (1 − BER)^n."""
    return np.asarray(-np.expm1(bits * np.log1p(-np.asarray(ber, np.float64))))


def per_rayleigh(ber: Ber, gamma_mean: float, bits: int) -> float:
    """Return the packet error rate in flat Rayleigh fading that is constant within a packet."""
    start, total = 0.0, 0.0
    for stop in (0.25 / gamma_mean, 1.0 / gamma_mean, 10.0 / gamma_mean, 60.0 / gamma_mean, np.inf):
        part, _ = integrate.quad(lambda u: np.exp(-u) * float(per(ber(u * gamma_mean), bits)), start, stop)
        start, total = stop, total + part
    return float(total)


def required_ebn0_db(target: float, error_rate: Callable[[float], float]) -> float:
    """Return the Eb/N0 in dB at which ``error_rate(gamma)``, which falls with gamma, is ``target``."""

    def excess(ebn0_db: float) -> float:
        return float(np.log(max(error_rate(float(from_db(ebn0_db))), 1e-300)) - np.log(target))

    return float(optimize.brentq(excess, -20.0, 60.0, xtol=1e-6))


def mean_snr_db(ebn0_db: float, rate_bps: float, bandwidth_hz: float) -> float:
    """Return the mean SNR (ON and OFF) in ``bandwidth_hz``: Eb/N0 + 10 log10(Rb/B)."""
    return ebn0_db + 10 * float(np.log10(rate_bps / bandwidth_hz))


def on_snr_db(ebn0_db: float, sample_rate_sps: float, chip_s: float) -> float:
    """Return the SNR of one ON sample: Eb/N0 over the samples in a chip."""
    return ebn0_db - 10 * float(np.log10(sample_rate_sps * chip_s))


def ebn0_db(on_snr_db: float, sample_rate_sps: float, chip_s: float) -> float:
    """Return Eb/N0 of an ON-sample SNR: the inverse of ``on_snr_db``."""
    return on_snr_db + 10 * float(np.log10(sample_rate_sps * chip_s))


def cfo_loss_db(offset_hz: float, chip_s: float) -> float:
    """Return the loss of integrating a chip coherently across a carrier offset: −20 log10 sinc(Δf·Tc)."""
    return -20 * float(np.log10(np.abs(np.sinc(offset_hz * chip_s))))


def wilson_interval(errors: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson score interval of an error rate seen as ``errors`` of ``trials``.

    Raises ValueError unless 0 ≤ errors ≤ trials and trials > 0.
    """
    if trials <= 0 or not 0 <= errors <= trials:
        raise ValueError(f"cannot have {errors} errors of {trials} trials")
    interval = stats.binomtest(errors, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
