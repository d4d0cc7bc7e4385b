"""The 802.11 scrambler x^7 + x^4 + 1: uplink scrambling, ON-symbol phases and pilot polarity all come from it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

TAPS = (7, 4)


@lru_cache(maxsize=256)
def _one_period(seed: int, taps: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    width = max(taps)
    state = seed
    bits: list[int] = []
    while not bits or state != seed:
        bit = sum(state >> (tap - 1) for tap in taps) & 1
        state = (state << 1 & (1 << width) - 1) | bit
        bits.append(bit)
    return np.array(bits, np.uint8)


@lru_cache(maxsize=256)
def _stretch(seed: int, count: int, first: int, taps: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Return ``sequence``, to be left as it is; kept, for receivers want the same stretches over and over."""
    return np.resize(np.roll(_one_period(seed, taps), -first), count)


def sequence(seed: int, count: int, first: int = 0, taps: tuple[int, ...] = TAPS) -> npt.NDArray[np.uint8]:
    """Return ``count`` scrambler output bits from position ``first`` on, shape (count,).

    State x7…x1 is the seed, MSB first, and the output x7 xor x4 (802.11 17.3.5.5, rule 21).
    Raises ValueError for a seed that is zero or wider than the register.
    """
    if not 0 < seed < 1 << max(taps):
        raise ValueError(f"scrambler seed must be 1…{(1 << max(taps)) - 1}, not {seed}")
    return _stretch(seed, count, first % _one_period(seed, taps).size, taps).copy()


def scramble(bits: npt.NDArray[np.uint8], seed: int, taps: tuple[int, ...] = TAPS) -> npt.NDArray[np.uint8]:
    """Return ``bits`` (…, n) xor the scrambler sequence of ``seed``; applying it twice gives the bits back."""
    return bits ^ sequence(seed, bits.shape[-1], taps=taps)
