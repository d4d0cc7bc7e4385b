"""Where the gate before a search opens, block by block, as a plain loop for the accelerator: see ``power_gate``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled


@compiled("void(float64[::1], float64[::1], int64, float64, boolean[::1])")
def opens_each(
    powers: npt.NDArray[np.float64], floor: npt.NDArray[np.float64], window: int, threshold: float,
    opened: npt.NDArray[np.bool_],
) -> None:  # fmt: skip
    """Write whether it opens for each block into ``opened`` (n,): ``PowerGate.opens``."""
    for block in range(opened.size):
        total, told = 0.0, 0
        for each in range(block, block + window):
            total += powers[each]
            told += powers[each] > 0
        opened[block] = total > window * threshold * floor[block] or 0 < told < window
