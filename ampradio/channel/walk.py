"""A random walk that anyone may enter anywhere and finds the same: for streams that are cut in pieces or left out.

It is drawn in blocks of fixed place, each with a generator of its own, between ends that are drawn before: a Brownian
bridge in every block (P. Levy's construction of the Wiener process). After ``TURN`` blocks it runs back as it came.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BLOCK = 16_384
TURN = 1 << 18  # blocks: 3.6 minutes at 20 MS/s, and what is remembered stays below ten megabytes
_ENDS, _STEPS = 0, 1


class Walk:
    """The Wiener process of ``seed``: 0 at position 0, independent steps of variance one, float64."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._ends = np.random.default_rng((seed, _ENDS))
        self._begins = [0.0]
        self._kept: dict[int, npt.NDArray[np.float64]] = {}

    def between(self, first: int, count: int) -> npt.NDArray[np.float64]:
        """Return the walk at positions ``first`` to ``first + count``, the last not included.

        Raises:
            ValueError: first or count is negative.
        """
        if first < 0 or count < 0:
            raise ValueError(f"first and count must not be negative, not {first!r} and {count!r}")
        begin = first // BLOCK
        blocks = [self._block(each) for each in range(begin, (first + count - 1) // BLOCK + 1)] if count else []
        for old in [each for each in self._kept if not begin - 1 <= each <= (first + count) // BLOCK]:
            del self._kept[old]
        if not blocks:
            return np.empty(0)
        return np.concatenate(blocks)[first - begin * BLOCK :][:count]

    def _block(self, index: int) -> npt.NDArray[np.float64]:
        if index not in self._kept:
            turns, place = divmod(index, TURN)
            self._kept[index] = self._bridge(TURN - 1 - place)[:0:-1] if turns % 2 else self._bridge(place)[:-1]
        return self._kept[index]

    def _bridge(self, index: int) -> npt.NDArray[np.float64]:
        while len(self._begins) < index + 2:
            self._begins.append(self._begins[-1] + np.sqrt(BLOCK) * self._ends.standard_normal())
        steps = np.random.default_rng((self._seed, _STEPS, index)).standard_normal(BLOCK)
        free = np.concatenate(([0.0], np.cumsum(steps)))
        begin, end = self._begins[index], self._begins[index + 1]
        bridge: npt.NDArray[np.float64] = begin + free - np.arange(BLOCK + 1) / BLOCK * (free[-1] - (end - begin))
        return bridge
