"""What is left to decide by where ON chips are a bistatic excitation, whose energy differs from chip to chip.

An ideal receiver knows the excitation in every chip. Energies are in units of their mean, γ is the mean Ec/N0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import i0e

from ampradio.phy.theory import ber_coherent
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_FINE = 32  # steps in which a chip begins, per carrier spacing of the excitation's width
_SIGMAS = 8.0  # of noise either side of an amplitude
_STEPS = 400


def chip_energies(profile: Profile, rate_bps: int, upper: bool = False) -> npt.NDArray[np.float64]:
    """Return the energies (n, 2) of the two chips of bits that begin at n places of the excitation's symbol.

    Its mean is 1. ``upper``: carriers in reverse order. Raises ValueError for a rate that bistatic tags do not have.
    """
    settings = profile.downlink
    values = np.array([*settings.bistatic_lower, 0, *settings.bistatic_upper], np.complex128)
    lags = np.correlate(values[::-1] if upper else values, values[::-1] if upper else values, "full")
    lag = np.arange(lags.size) - (values.size - 1)  # the power's own carriers
    spacing = 2 * np.pi * settings.subcarrier_spacing_hz * lag
    chip_s = uplink_chip_ns(profile, PpduKind.UL_BISTATIC, rate_bps) * 1e-9
    begin_s = np.arange(_FINE * values.size) / (_FINE * values.size) * settings.bistatic_symbol_ns * 1e-9
    middle_s = begin_s[:, np.newaxis] + chip_s * np.array([0.5, 1.5])
    smoothed = lags * np.sinc(spacing * chip_s / (2 * np.pi)) / lags[values.size - 1]
    energies: npt.NDArray[np.float64] = (np.exp(1j * spacing * middle_s[..., np.newaxis]) @ smoothed).real
    return energies


def bit_error_rates(gamma: float, energies: npt.NDArray[np.float64], coherent: bool) -> npt.NDArray[np.float64]:
    """Return the bit error rate (n,) of bits whose chips have ``energies`` (n, 2), either of them ON as often.

    Each chip's amplitude, of known phase if ``coherent``, is held against half of what its own energy makes of it.
    """
    if coherent:
        both: npt.NDArray[np.float64] = ber_coherent(gamma * energies.mean(axis=1))
        return both
    amplitude = np.sqrt(gamma)
    wrong = np.zeros(energies.shape[0])
    for on, off in (energies.T, energies.T[::-1]):
        level, spread = (amplitude * on)[:, np.newaxis], np.sqrt(on / 2)[:, np.newaxis]
        heard = np.maximum(level + spread * np.linspace(-_SIGMAS, _SIGMAS, _STEPS), 0)
        energy = on[:, np.newaxis]
        likely = 2 * heard / energy * np.exp(-((heard - level) ** 2) / energy) * i0e(2 * heard * level / energy)
        least = np.maximum(heard - 0.5 * amplitude * (on - off)[:, np.newaxis], 0)
        wrong += 0.5 * np.trapz(likely * np.exp(-(least**2) / off[:, np.newaxis]), heard, axis=1)
    return wrong


def packet_error_rate(gamma: float, energies: npt.NDArray[np.float64], coherent: bool, bits: int) -> float:
    """Return the packet error rate of so many ``bits`` that begin anywhere in the excitation."""
    right = np.log1p(-np.minimum(bit_error_rates(gamma, energies, coherent), 0.5))
    return float(-np.expm1(bits * right.mean()))
