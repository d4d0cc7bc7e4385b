"""The noise floor of a receiver, tracked over quiet blocks: the least of the recent block powers, its bias removed."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import numpy.typing as npt

_HISTORY = 256
_LEAST_OF_HISTORY_SIGMAS = 2.8  # mean of the least of 256 normal values, in standard deviations below their mean


class NoiseFloor:
    """Mean noise power from blocks that may hold signals: some of the recent blocks are quiet, and those are least."""

    def __init__(self, freedom: float) -> None:
        """Track blocks of ``freedom`` complex degrees of freedom each."""
        self._rising: deque[tuple[int, float]] = deque()  # number and power of blocks that none later undercuts
        self._taken = 0
        self._bias = 1 + _LEAST_OF_HISTORY_SIGMAS / math.sqrt(freedom)

    def add(self, power: float) -> None:
        """Take the mean power of one more block; silence (blanked, or a simulation without noise) tells nothing."""
        if power <= 0:
            return
        rising = self._rising
        while rising and rising[-1][1] >= power:
            rising.pop()
        rising.append((self._taken, power))
        self._taken += 1
        if rising[0][0] < self._taken - _HISTORY:
            rising.popleft()

    @property
    def power(self) -> float:
        """The tracked noise power, 0 while unknown."""
        return self._rising[0][1] * self._bias if self._rising else 0.0

    def before_each(self, powers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the floor that would hold before each of ``powers`` (n,) if they were added in turn, shape (n,)."""
        trial = NoiseFloor.__new__(NoiseFloor)
        trial._rising, trial._taken, trial._bias = self._rising.copy(), self._taken, self._bias
        floors = []
        for power in powers.tolist():
            floors.append(trial.power)
            trial.add(power)
        return np.array(floors)
