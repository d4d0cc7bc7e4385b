"""How often a power gate opens in noise, and how often it misses what it is there for.

A window of ``dof`` complex degrees of freedom holds noise of unit power in each; ``threshold`` is the gate's, on its
mean over the floor; ``floor`` is what the floor is taken for over what it is.
"""

from __future__ import annotations

from scipy import stats


def p_opens(threshold: float, dof: float, floor: float = 1.0) -> float:
    """Return the probability that noise alone opens the gate: the upper tail of a gamma distribution."""
    return float(stats.gamma.sf(threshold * floor * dof, dof))


def p_missed(threshold: float, dof: float, energy: float, floor: float = 1.0) -> float:
    """Return the probability that it stays shut over a signal of ``energy``, in noise energies of a degree of freedom.

    The energy in the window is a non-central chi-square of 2·dof degrees of freedom.
    """
    return float(stats.ncx2.cdf(2 * threshold * floor * dof, 2 * dof, 2 * energy))
