"""The gate before a search for PPDUs: where the power of a stretch stands out of the noise floor, and nowhere else.

Block powers are cheap, a search is not. A PPDU lifts the mean power of a window of several blocks; noise alone lifts it
above the threshold with the stated probability. The decision for a block needs the blocks around it and the floor
before it, so it does not depend on how the stream was cut.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from ampradio import accelerator


class PowerGate:
    """Opens for a block when the window from ``before`` blocks ahead of it to ``after`` behind it is loud enough."""

    def __init__(self, freedom: float, before: int, after: int, p_open: float) -> None:
        """Prepare for blocks of ``freedom`` complex degrees of freedom.

        ``p_open`` is the probability that a window of noise opens it, the floor known.
        """
        accelerator.prepare("ampradio.phy.power_gate_loops")
        self.before = before
        self.after = after
        self.window = before + 1 + after
        shape = freedom * self.window
        self.threshold = float(special.gammainccinv(shape, p_open) / shape)

    def opens(self, powers: npt.NDArray[np.float64], floor: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return for which of n blocks the search is to look, (n,).

        Args:
            powers: mean power of the blocks and of the ``before`` and ``after`` around them, (n + before + after,). 0
                says nothing about a block (silent or blanked): its neighbourhood is open unless it is all like that.
            floor: noise power before each block, (n,), 0 while unknown.
        """
        opened: npt.NDArray[np.bool_]
        if accelerator.is_on():
            from ampradio.phy.power_gate_loops import opens_each

            opened = np.empty(floor.size, np.bool_)
            opens_each(np.ascontiguousarray(powers), np.ascontiguousarray(floor), self.window, self.threshold, opened)
            return opened
        opened = self._sums(powers) > (self.window * self.threshold) * floor
        if not powers.all():
            told = np.convolve(powers > 0, np.ones(self.window), "valid")
            opened |= (told > 0) & (told < self.window - 0.5)
        return opened

    def stays_shut(self, powers: npt.NDArray[np.float64], floor_above: float) -> bool:
        """Return whether it surely opens for none of n blocks, ``powers`` as for ``opens``, over a floor that high."""
        if floor_above <= 0 or powers.min() <= 0:
            return False
        return float(self._sums(powers).max()) <= self.window * self.threshold * floor_above

    def _sums(self, powers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        count = powers.size - self.window + 1
        sums = powers[:count].copy()
        for index in range(1, self.window):  # in this order: a running sum would depend on where it began
            sums += powers[index : index + count]
        return sums
