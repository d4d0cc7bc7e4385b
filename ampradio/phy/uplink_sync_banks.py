"""What the search for an uplink's AMP-Sync correlates with: a bank of carriers, and the word under a bank of clocks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_CARRIER_STEP = 0.4  # of the chip rate
_PARTS = 4  # of the word, which a clock moves as wholes


def carrier_bank(limit_hz: float, chip_rate_hz: float) -> npt.NDArray[np.float64]:
    """Return the carriers in Hz, (n,), at least two, that cover offsets up to ``limit_hz`` either side."""
    count = max(2, math.ceil(2 * limit_hz / (_CARRIER_STEP * chip_rate_hz)))
    step_hz = 2 * limit_hz / count
    bank: npt.NDArray[np.float64] = -limit_hz + step_hz * (np.arange(count) + 0.5)
    return bank


def phasors(cycles_per_sample: npt.NDArray[np.float64], samples: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Return what turns each carrier (n,) back at each of ``samples`` (m,), real and imaginary parts, (n, 2, m)."""
    turns = 2 * np.pi * np.outer(cycles_per_sample, samples)
    parts: npt.NDArray[np.float32] = np.stack((np.cos(turns), -np.sin(turns)), axis=1).astype(np.float32)
    return parts


def word_parts(chips: int, per_chip: int, clocks: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return where, in grid steps, the parts of a word of ``chips`` begin under each clock, (clocks, parts).

    Within a part chips are ``per_chip`` steps apart under every clock: so short, that makes a fraction of a step.
    """
    each = chips // _PARTS
    middle = (np.arange(_PARTS) * each + 0.5 * (each - 1)) * per_chip
    begins: npt.NDArray[np.intp] = np.rint(clocks[:, np.newaxis] * middle - 0.5 * (each - 1) * per_chip).astype(np.intp)
    return begins


def banded(signs: npt.NDArray[np.float32], offsets: npt.NDArray[np.intp], positions: int) -> npt.NDArray[np.float32]:
    """Return the banded matrix (grid points, (clocks + 1) · positions) that correlates at every position.

    ``signs`` (chips,) are those of the word, ``offsets`` (clocks, chips) where its chips are; what comes after the
    clocks adds all chips up under the middle one.
    """
    clocks, taps = offsets.shape[0], int(offsets.max()) + 1
    words = np.zeros((taps, clocks + 1), np.float32)
    for clock, each in enumerate(offsets):
        words[each, clock] = signs
    words[offsets[clocks // 2], -1] = 1
    matrix = np.zeros((positions + taps, clocks + 1, positions), np.float32)
    for position in range(positions):
        matrix[position : position + taps, :, position] = words
    return matrix.reshape(positions + taps, -1)


def correlated(
    energy: npt.NDArray[np.float32], matrix: npt.NDArray[np.float32], clocks: int, step: int
) -> npt.NDArray[np.float32]:
    """Return ON minus OFF under each clock, then the energy present: (packets, carriers, blocks, clocks + 1, step).

    ``energy`` (packets, carriers, positions) is that of the chips; ``matrix`` is ``banded`` for ``step`` positions,
    and there are as many blocks of those as it reaches.
    """
    packets, carriers, positions = energy.shape
    blocks = (positions - matrix.shape[0]) // step + 1
    shape = (packets, carriers, blocks, matrix.shape[0])
    row, line, each = energy.strides
    windows: npt.NDArray[np.float32] = np.ndarray(shape, np.float32, energy, 0, (row, line, step * each, each))
    product: npt.NDArray[np.float32] = windows.reshape(packets, carriers * blocks, -1) @ matrix
    return product.reshape(*shape[:3], clocks + 1, step)
