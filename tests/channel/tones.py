"""Tones: the signal whose every value between and beyond its samples is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def tone(frequency: float, position: npt.NDArray[np.float64] | int) -> npt.NDArray[np.complex64]:
    """Return the unit tone of ``frequency`` cycles a sample at ``position``, or at the first so many samples."""
    at = np.arange(position) if isinstance(position, int) else position
    return np.exp(2j * np.pi * np.remainder(frequency * at, 1.0)).astype(np.complex64)


def worst_db(difference: npt.NDArray[np.complex64]) -> float:
    """Return the largest magnitude of ``difference`` in dB."""
    return float(20 * np.log10(np.max(np.abs(difference)) + 1e-30))
