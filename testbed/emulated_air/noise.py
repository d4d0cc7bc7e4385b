"""Noise of emulated receivers from a counter: the same on every machine, and quick with the accelerator."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.channel.quick_noise import QuickNoise

Samples = npt.NDArray[np.complex64]


class CountedNoise:
    """``QuickNoise`` as the emulated receiver of an index takes it."""

    def __init__(self, seed: int, index: int) -> None:
        self._noise = QuickNoise(seed, index)

    def added_to(self, samples: Samples, power: float) -> Samples:
        """See ``ampradio.radio.emulator.front_end.Noise``."""
        return self._noise.added_to(samples, power, out=samples)
