"""Samples that say where they stand, so that a gap in a stream shows."""

from __future__ import annotations

import numpy as np

from ampradio.radio.interface import Samples

SMALL = 16384  # 8 ms


def counting(length: int) -> Samples:
    """A ramp whose loopback tells the place of every sample: neighbours differ by one step, modulo length."""
    steps = np.arange(length)
    codes = np.stack((steps // 64, steps % 64), axis=1) * 16 - 16384
    return (codes / 32767).astype(np.float32).view(np.complex64)[:, 0]


def places(block: np.ndarray) -> np.ndarray:
    """Undo ``counting``."""
    steps = block.astype(int) + 1024
    return steps[:, 0] * 64 + steps[:, 1]
