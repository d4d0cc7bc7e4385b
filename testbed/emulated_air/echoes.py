"""Echoes of one way: an impulse response that stands still, or one that fades, over any stretch of a stream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.channel.doppler import FadingTaps, fading_multipath, fading_taps
from ampradio.channel.multipath import multipath, multipath_taps
from testbed.seeds import generator_for

Samples = npt.NDArray[np.complex64]
CYCLES = 50.0  # of Doppler that are drawn; then the fading runs back the way it came


@dataclass(frozen=True)
class Fading:
    """A TGn model of ``seed``, drawn under ``names``: one way, or several that follow each other.

    ``doppler_hz`` 0: it stands still.
    """

    model: str
    seed: int
    names: tuple[str, ...]
    doppler_hz: float = 0.0

    def echoes(self, rate_sps: float) -> list[Echoes]:
        """Return the echoes of each part at a sample rate."""
        return [Echoes(self._taps(name, rate_sps)) for name in self.names]

    def _taps(self, name: str, rate_sps: float) -> FadingTaps:
        rng = generator_for(self.seed, name)
        if not self.doppler_hz:
            return FadingTaps(multipath_taps(self.model, rate_sps, rng)[np.newaxis], 1)
        return fading_taps(self.model, rate_sps, self.doppler_hz, round(CYCLES / self.doppler_hz * rate_sps), rng)


class Echoes:
    """An impulse response over time."""

    def __init__(self, taps: FadingTaps) -> None:
        self._taps = taps
        self.memory = taps.taps.shape[1] - 1

    def applied(self, samples: Samples, first: int) -> Samples:
        """Return ``samples``, the first of which is number ``first``, with echoes, without the first ``memory``."""
        points, step = len(self._taps.taps), self._taps.step_samples
        if points == 1:
            heard = multipath(samples, self._taps.taps[0])
            return heard[self.memory : samples.size]
        point = first // step
        ahead = first - point * step
        places = np.arange(point, (first + samples.size - 1) // step + 2)
        there_and_back = np.abs((places + points - 1) % (2 * points - 2) - (points - 1))
        entered = np.concatenate((np.zeros(ahead, np.complex64), samples))
        heard = fading_multipath(entered, FadingTaps(self._taps.taps[there_and_back], step))
        return heard[ahead + self.memory : entered.size]
