"""Signals turned by an oscillator and added up, I and Q apart: the same bits however a stream is cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.channel.per_packet import Samples

Codes = npt.NDArray[np.int16]
Parts = npt.NDArray[np.float32]
STEP = 1024  # a power of two; samples of the fine oscillator; the coarse one steps by as many
_CUT = 4  # bits of a code that a converter of 12 does not see
_FAR = 1 << 18  # steps


@dataclass(frozen=True)
class Turns:
    """``coarse`` times ``fine`` (2, STEP; real, imaginary) from place ``ahead`` of fine on; each of coarse for all."""

    coarse: Samples
    fine: Parts
    ahead: int


NO_TURNS = Turns(np.zeros(0, np.complex64), np.zeros((2, STEP), np.float32), 0)


class Oscillator:
    """``level`` turned by ``cycles`` a sample since sample 0, over the samples ``first`` to ``first + count``."""

    def __init__(self, level: complex, cycles: float, first: int, count: int) -> None:
        cell, self._ahead = divmod(first, STEP)
        step = cycles * STEP % 1.0
        # of a cell by itself, wherever the samples begin; and of small numbers, or they lose the phase
        far, near = np.divmod(np.arange(cell, cell - (-(self._ahead + count) // STEP)), _FAR)
        turns = step * near
        turns += step * _FAR % 1.0 * far % 1.0
        self._coarse: Samples = (level * np.exp(2j * np.pi * turns)).astype(np.complex64)
        self._fine = _fine(cycles)

    def between(self, begin: int, end: int) -> Turns:
        """Return the part for samples ``begin``, a multiple of STEP, to ``end``, both counted from the first."""
        return Turns(self._coarse[begin // STEP : -(-(self._ahead + end) // STEP)], self._fine, self._ahead)


def add_turned(given: Samples | Codes | Parts, turns: Turns, total: Parts) -> None:
    """Add ``given`` to ``total`` (2, n): samples (n,), codes (n, 2) of which 12 bits count, or parts (2, n)."""
    if accelerator.is_on():
        from ampradio.channel.turning_loops import add_codes, add_parts, add_samples

        if given.dtype == np.int16:
            add_codes(given.view(np.int32)[:, 0], turns.ahead, turns.coarse, turns.fine, total)
        elif given.dtype == np.float32:
            add_parts(cast(Parts, given), turns.ahead, turns.coarse, turns.fine, total)
        else:
            add_samples(cast(Samples, given), turns.ahead, turns.coarse, turns.fine, total)
        return
    place = slice(turns.ahead, turns.ahead + total.shape[1])
    c, s = (np.repeat(each, STEP)[place] for each in (turns.coarse.real, turns.coarse.imag))
    x, y = (np.tile(each, turns.coarse.size)[place] for each in turns.fine)
    along, across = c * x - s * y, c * y + s * x
    i, q = _parts(given)
    total[0] += along * i - across * q
    total[1] += along * q + across * i


def _parts(given: Samples | Codes | Parts) -> Parts:
    if given.dtype == np.int16:
        converted: Codes = cast(Codes, given) >> _CUT << _CUT
        return converted.T.astype(np.float32)
    if given.dtype == np.float32:
        return cast(Parts, given)
    return np.stack((given.real, given.imag))


@lru_cache(maxsize=64)
def _fine(cycles: float) -> Parts:
    phasor = np.exp(2j * np.pi * (cycles * np.arange(STEP)))
    fine: Parts = np.stack((phasor.real, phasor.imag)).astype(np.float32)
    return fine
