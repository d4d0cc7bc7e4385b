"""What an impairment does to lone chips: how much Ec/N0 it costs any receiver, from the chips' energies alone.

Energies of ON and OFF chips of M complex degrees of freedom, in units of the noise, have means γ + M and M and
variances 2γ + M and M, so their difference over its deviation is d = γ / √(2γ + 2M). An impairment is applied to many
chips in noise, d is measured, and γ solved for: what an unimpaired receiver would have needed to tell them as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import optimize

Samples = npt.NDArray[np.complex64]
Spoil = Callable[[Samples], Samples]
CHIPS = 8000


def left_db(spoil: Spoil, symbol: Samples, ecn0_db: float, coherent: bool) -> float:
    """Return the Ec/N0 that is left of ``ecn0_db`` when chips of ``symbol`` (n,) of unit power go through ``spoil``.

    ``coherent``: a chip is integrated before its energy is taken (M = 1), its carrier turning slowly; else M = n.
    """
    rng = np.random.default_rng(99)
    size = symbol.size
    bits = rng.integers(0, 2, CHIPS)
    on = np.stack((1 - bits, bits), axis=1).reshape(-1)
    sign = rng.choice((-1.0, 1.0), on.size)
    sent = (on * sign)[:, np.newaxis] * symbol
    turn = np.exp(2j * np.pi * (rng.random() + 0.013 / size * np.arange(sent.size))) if coherent else 1.0
    sent = sent.reshape(-1) * turn
    noise = rng.standard_normal((2, sent.size)) * np.sqrt(noise_power(size, ecn0_db) / 2)
    heard = spoil((sent + noise[0] + 1j * noise[1]).astype(np.complex64))
    chips = (heard * np.conj(turn)).reshape(-1, size)
    energy = np.abs(chips @ symbol.conj()) ** 2 if coherent else np.sum(np.abs(chips) ** 2, axis=1)
    pairs = energy.reshape(-1, 2)
    difference = (pairs[:, 1] - pairs[:, 0]) * (2 * bits - 1)
    square = float(np.mean(difference) ** 2 / np.var(difference))
    freedom = 1 if coherent else size
    return float(10 * np.log10(square + np.sqrt(square * square + 2 * freedom * square)))


def noise_power(size: int, ecn0_db: float) -> float:
    """Return the noise power per sample at which an ON chip of ``size`` samples of unit power has ``ecn0_db``."""
    return float(size * 10 ** (-ecn0_db / 10))


def needed_db(spoil: Callable[[float], Spoil], symbol: Samples, wanted_db: float, coherent: bool = False) -> float:
    """Return the Ec/N0 of which ``wanted_db`` is left, no less than that; ``spoil`` is made for a noise power."""

    def short(ecn0_db: float) -> float:
        return left_db(spoil(noise_power(symbol.size, ecn0_db)), symbol, ecn0_db, coherent) - wanted_db

    if short(wanted_db) >= 0:
        return wanted_db
    assert short(wanted_db + 8) > 0, "this impairment leaves no such Ec/N0"
    return float(optimize.brentq(short, wanted_db, wanted_db + 8, xtol=0.02))
