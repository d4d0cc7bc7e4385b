"""The channel for a stream: stages that take it in any pieces and give the same samples, bit for bit, for any cut.

A stage returns as many samples as it takes, at once: an air that held samples back would stop a lock-step exchange.
What is random belongs to a position in the stream and not to a call. Complex products are written out, as vectorised
ones round by where a piece ends. After a jump, what lies before counts as silence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.channel.doppler import FadingTaps
from ampradio.channel.leakage import Drift
from ampradio.channel.per_packet import Samples
from ampradio.channel.walk import Walk


class Stage(Protocol):
    """What happens to a stream at one place."""

    def apply(self, samples: Samples, first: int) -> Samples:
        """Return what becomes of ``samples`` (n,), complex64, the first of which is number ``first`` of the stream."""
        ...


def applied(stages: Iterable[Stage], samples: Samples, first: int) -> Samples:
    """Return ``samples`` (n,) after all ``stages``, one after another."""
    for stage in stages:
        samples = stage.apply(samples, first)
    return samples


def standing(taps: Samples) -> FadingTaps:
    """Return an impulse response (k,) that stands still."""
    return FadingTaps(np.asarray(taps, np.complex64)[np.newaxis], 1)


class FadingStage:
    """An impulse response that changes on the way, as ``doppler.fading_multipath`` applies it, without its tail."""

    def __init__(self, fading: FadingTaps) -> None:
        """``fading.taps`` are (points, k).

        Raises:
            ValueError: there are leading axes, or no tap.
        """
        if fading.taps.ndim != 2 or not fading.taps.size:
            raise ValueError(f"need taps of shape (points, k), not {fading.taps.shape}")
        self._taps = fading.taps.astype(np.complex128)
        self._step = fading.step_samples
        self._past: Samples = np.zeros(fading.taps.shape[1] - 1, np.complex64)
        self._next = 0

    def apply(self, samples: Samples, first: int) -> Samples:
        """Return ``samples`` through the taps as they are when each sample enters them."""
        before = self._past.size
        if first != self._next:
            self._past = np.zeros_like(self._past)
        entered = np.concatenate((self._past, samples.astype(np.complex64, copy=False)))
        self._past, self._next = entered[samples.size :], first + samples.size
        at = np.maximum(np.arange(first - before, first + samples.size), 0)
        point = np.minimum(at // self._step, len(self._taps) - 1)
        following = np.minimum(point + 1, len(self._taps) - 1)
        share = at / self._step - point
        out: Samples = np.zeros(samples.size, np.complex64)
        for tap, response in enumerate(self._taps.T):
            if not response.any():
                continue
            part = slice(before - tap, before - tap + samples.size)
            level = _between(response, point[part], following[part], share[part])
            turned = multiplied(entered[part], level)
            out.real += turned.real
            out.imag += turned.imag
        return out


class PhaseNoiseStage:
    """The random walk of a free-running oscillator, as ``phase_noise.phase_noise`` has it."""

    def __init__(self, linewidth_hz: float, sample_rate_sps: float, seed: int) -> None:
        """``linewidth_hz`` as there; ``seed`` gives the walk.

        Raises:
            ValueError: the linewidth is negative or not finite, or the rate is not positive.
        """
        if not (0 <= linewidth_hz < np.inf and sample_rate_sps > 0):
            raise ValueError(f"need linewidth_hz >= 0 and a positive rate, not {linewidth_hz!r}, {sample_rate_sps!r}")
        self._deviation = np.sqrt(2 * np.pi * linewidth_hz / sample_rate_sps)
        self._walk = Walk(seed)

    def apply(self, samples: Samples, first: int) -> Samples:
        """Return ``samples`` turned."""
        phase = self._deviation * self._walk.between(first, samples.size)
        return multiplied(samples, np.exp(1j * phase).astype(np.complex64))


class DriftStage:
    """A gain and a phase that wander, as ``leakage.Drift`` has it."""

    def __init__(self, drift: Drift, sample_rate_sps: float, seed: int) -> None:
        """Raises ValueError when the rate is not positive."""
        if not sample_rate_sps > 0:
            raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
        scale = 1 / np.sqrt(sample_rate_sps)
        self._level = drift.gain_db * np.log(10) / 20 * scale
        self._phase = drift.phase_rad * scale
        gain, phase = np.random.SeedSequence(seed).generate_state(2, np.uint64)
        self._walks = Walk(int(gain)), Walk(int(phase))

    def apply(self, samples: Samples, first: int) -> Samples:
        """Return ``samples`` times the factor by which the way has changed since sample 0."""
        level, phase = (walk.between(first, samples.size) for walk in self._walks)
        return multiplied(samples, np.exp(self._level * level + 1j * self._phase * phase).astype(np.complex64))


def multiplied(samples: Samples, factor: Samples) -> Samples:
    """Return the product of two complex64 arrays, each operation rounded by itself."""
    out: Samples = np.empty(samples.shape, np.complex64)
    out.real = samples.real * factor.real - samples.imag * factor.imag
    out.imag = samples.real * factor.imag + samples.imag * factor.real
    return out


def _between(
    response: npt.NDArray[np.complex128],
    point: npt.NDArray[np.intp],
    following: npt.NDArray[np.intp],
    share: npt.NDArray[np.float64],
) -> Samples:
    """Return the response at a share of the way from each point to the following."""
    level: Samples = np.empty(point.size, np.complex64)
    level.real = response.real[point] + share * (response.real[following] - response.real[point])
    level.imag = response.imag[point] + share * (response.imag[following] - response.imag[point])
    return level
