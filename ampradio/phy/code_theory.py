"""Union bounds for the convolutional code of the active uplink with square-law soft decisions.

The soft value of a coded bit is the energy of its two Manchester chips compared, so a path at distance d is d chips
combined non-coherently: an energy comparison with d times the degrees of freedom and d times the energy.
``gamma`` is the ON-chip energy of one coded bit over N0, as a ratio; Eb/N0 of an information bit is 3 dB higher.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.phy.convolutional import CONSTRAINT, POLYNOMIALS
from ampradio.phy.detection_theory import ber_energy

HIGHEST_WEIGHT = 24


@lru_cache(maxsize=8)
def weight_spectrum(
    highest: int = HIGHEST_WEIGHT, polynomials: tuple[int, int] = POLYNOMIALS, constraint: int = CONSTRAINT
) -> tuple[tuple[int, int, int], ...]:
    """Return (weight d, paths a_d, their information bits c_d) of the code's error events up to weight ``highest``."""
    states = 1 << (constraint - 1)
    paths = np.zeros((states, highest + 1), np.int64)
    bits = np.zeros_like(paths)
    found = np.zeros((2, highest + 1), np.int64)
    edges = [
        (state, bit, (bit << constraint - 1 | state) >> 1, _weight(bit << constraint - 1 | state, polynomials))
        for state in range(states)
        for bit in (0, 1)
    ]
    start, first_weight = (1 << constraint - 1) >> 1, _weight(1 << constraint - 1, polynomials)
    paths[start, first_weight] = bits[start, first_weight] = 1
    while paths.any():
        next_paths, next_bits = np.zeros_like(paths), np.zeros_like(bits)
        for state, bit, after, weight in edges:
            if state == 0:
                continue
            stop = highest + 1 - weight
            next_paths[after, weight:] += paths[state, :stop]
            next_bits[after, weight:] += bits[state, :stop] + bit * paths[state, :stop]
        found += next_paths[0], next_bits[0]
        next_paths[0] = next_bits[0] = 0
        paths, bits = next_paths, next_bits
    return tuple((int(d), int(found[0, d]), int(found[1, d])) for d in np.flatnonzero(found[0]))


def _weight(register: int, polynomials: tuple[int, int]) -> int:
    return sum(bin(register & polynomial).count("1") & 1 for polynomial in polynomials)


def ber_coded(gamma: npt.ArrayLike, dof: float = 1) -> npt.NDArray[np.float64]:
    """Return the union bound on the bit error rate after the soft Viterbi decoder, not above 1/2.

    ``dof`` complex degrees of freedom a chip: 1 when each chip is integrated before its energy is taken. The events
    above weight 24 are left out, which shows only where the bound is useless anyway.
    """
    energy = np.asarray(gamma, np.float64)
    total = sum(bits * ber_energy(weight * energy, weight * dof) for weight, _, bits in weight_spectrum())
    return np.asarray(np.minimum(total, 0.5))


def per_coded(gamma: npt.ArrayLike, bits: int, dof: float = 1) -> npt.NDArray[np.float64]:
    """Return the union bound on the packet error rate of ``bits`` information bits, not above 1; see ``ber_coded``."""
    energy = np.asarray(gamma, np.float64)
    event = sum(paths * ber_energy(weight * energy, weight * dof) for weight, paths, _ in weight_spectrum())
    return np.asarray(np.minimum(bits * event, 1.0))
