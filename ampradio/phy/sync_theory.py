"""How well an AMP-Sync word can be detected by energy (performance page, section 1, "Sync").

``on_chips`` of the word are ON and as many OFF; a chip has ``dof`` complex degrees of freedom; ``gamma`` is the
ON-chip Ec/N0 as a ratio. Energies are in units of the noise per degree of freedom.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

ON_CHIPS = 16
CLUSTERS_PER_CHIP = 3.5  # measured false-alarm clusters a chip and P_FA (performance page, section 1)
_NODES, _WEIGHTS = special.roots_legendre(400)


def _over_off_energy(shape: float, function: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> float:
    low, high = stats.gamma.ppf(1e-16, shape), stats.gamma.isf(1e-16, shape)
    y = low + (high - low) * (_NODES + 1) / 2
    return float(np.sum(_WEIGHTS * stats.gamma.pdf(y, shape) * function(y)) * (high - low) / 2)


def p_false_alarm(threshold: float, dof: float, on_chips: int = ON_CHIPS) -> float:
    """Return the probability that noise alone makes S_on − S_off exceed ``threshold``, the noise floor known."""
    shape = on_chips * dof
    return _over_off_energy(shape, lambda y: stats.gamma.sf(threshold + y, shape))


def p_missed(threshold: float, gamma: float, dof: float, on_chips: int = ON_CHIPS) -> float:
    """Return the probability that S_on − S_off stays below ``threshold`` with the word present."""
    shape = on_chips * dof
    return _over_off_energy(
        shape, lambda y: stats.ncx2.cdf(2 * np.maximum(threshold + y, 0.0), 2 * shape, 2 * on_chips * gamma)
    )


def p_false_alarm_ratio(threshold: float, dof: float, on_chips: int = ON_CHIPS) -> float:
    """Return the probability that noise alone makes S_on / S_off exceed ``threshold``."""
    return float(stats.f.sf(threshold, 2 * on_chips * dof, 2 * on_chips * dof))


def p_missed_ratio(threshold: float, gamma: float, dof: float, on_chips: int = ON_CHIPS) -> float:
    """Return the probability that S_on / S_off stays below ``threshold`` with the word present."""
    shape = 2 * on_chips * dof
    return float(stats.ncf.cdf(threshold, shape, shape, 2 * on_chips * gamma))


def p_missed_coherent(p_fa: float, gamma: float, on_chips: int = ON_CHIPS) -> float:
    """Return P_MD of the bound: the ON chips of the whole word integrated coherently, the phase unknown."""
    return float(stats.ncx2.cdf(-2 * np.log(p_fa), 2, 2 * on_chips * gamma))


def threshold(p_fa: float, dof: float, on_chips: int = ON_CHIPS) -> float:
    """Return the threshold on S_on − S_off that noise alone exceeds with probability ``p_fa``."""
    shape = on_chips * dof

    def excess(value: float) -> float:
        return float(np.log(max(p_false_alarm(value, dof, on_chips), 1e-300)) - np.log(p_fa))

    return float(optimize.brentq(excess, 0.0, 40.0 * np.sqrt(2 * shape) + 100.0))


def threshold_ratio(p_fa: float, dof: float, on_chips: int = ON_CHIPS) -> float:
    """Return the threshold on S_on / S_off that noise alone exceeds with probability ``p_fa``."""
    return float(stats.f.isf(p_fa, 2 * on_chips * dof, 2 * on_chips * dof))


def required_ecn0_db(p_md: float, missed: Callable[[float], float]) -> float:
    """Return the sync-chip Ec/N0 in dB at which ``missed(gamma)`` is ``p_md``."""
    return float(optimize.brentq(lambda db: np.log(missed(10 ** (db / 10)) + 1e-300) - np.log(p_md), -10.0, 30.0))


def false_alarms_per_s(p_fa: float, chip_s: float) -> float:
    """Return the false alarms per second of a search on a grid finer than a chip: about 3.5·P_FA/Tchip."""
    return CLUSTERS_PER_CHIP * p_fa / chip_s
