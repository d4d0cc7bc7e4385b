"""What joins the emulated radios: which of what one sends reaches another, how strongly, and at which frequency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.radio.emulator.mixing import TAPS, Band, mixed, passed

Samples = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Window:
    """Samples ``first`` to ``first + count`` at ``rate_sps``, counted from when time began."""

    first: int
    count: int
    rate_sps: Fraction

    def wider(self, before: int, after: int = 0) -> Window:
        """Return it with so many samples more on both sides."""
        return Window(self.first - before, self.count + before + after, self.rate_sps)

    def at(self, rate_sps: Fraction) -> Window:
        """Return the samples at another rate that fall into its time."""
        if rate_sps == self.rate_sps:
            return self
        first = -(-self.first * rate_sps // self.rate_sps)
        end = -(-(self.first + self.count) * rate_sps // self.rate_sps)
        return Window(first, end - first, rate_sps)


@dataclass(frozen=True)
class Emission:
    """What left an antenna from sample ``first`` on, around ``carrier_hz``: ``samples`` times ``scale``, in √mW."""

    first: int
    samples: Samples
    scale: float
    carrier_hz: float
    bandwidth_hz: float
    rate_sps: Fraction


@dataclass(frozen=True)
class Tuning:
    """What a receiver listens to."""

    carrier_hz: float
    bandwidth_hz: float


class Sender(Protocol):
    """A radio as the air asks it."""

    def emissions(self, window: Window) -> list[Emission]:
        """Return what it sends within the time of ``window``, at the rate of its own converter."""


class Air(Protocol):
    """A model of the air."""

    def heard(self, senders: Sequence[Sender], receiver: int, tuning: Tuning, window: Window) -> Samples:
        """Return what reaches the antenna of radio ``receiver``, in square roots of a milliwatt, noise not counted.

        The array is the caller's to overwrite.
        """


@dataclass(frozen=True)
class FlatAir:
    """One loss between any two radios, another from a radio's transmitter to its own receiver; no delay.

    Radios whose sample rates are not one do not hear each other.
    """

    path_loss_db: float = 60.0
    leak_db: float = 50.0
    pairs_db: dict[tuple[int, int], float] = field(default_factory=dict)

    def heard(self, senders: Sequence[Sender], receiver: int, tuning: Tuning, window: Window) -> Samples:
        """See ``Air``: every sender mixed to where the receiver is tuned, cut to what both filters let through."""
        all_of_it = Sum(window.count)
        for index, sender in enumerate(senders):
            loss_db = self.leak_db if index == receiver else self.pairs_db.get((index, receiver), self.path_loss_db)
            for emission in sender.emissions(window.wider(TAPS - 1)):
                band = band_of(emission, tuning, window.rate_sps)
                if band is None or emission.rate_sps != window.rate_sps:
                    continue
                sent = laid_out(emission, window.wider(band.memory))
                if sent is not None:
                    gain = float(10 ** (-loss_db / 20)) * emission.scale
                    all_of_it.add(mixed(passed(sent, band), gain, band.shift, window.first))
        return all_of_it.samples()


class Sum:
    """A sum of signals of ``count`` samples, silence to begin with."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._samples: Samples | None = None

    def add(self, samples: Samples) -> None:
        """Add ``samples``, which become this object's own."""
        if self._samples is None:
            self._samples = samples
        else:
            self._samples += samples

    def samples(self) -> Samples:
        """Return the sum."""
        return np.zeros(self._count, np.complex64) if self._samples is None else self._samples


def band_of(emission: Emission, tuning: Tuning, rate_sps: Fraction) -> Band | None:
    """Return what of ``emission`` a receiver at ``rate_sps`` lets through; None when they do not meet."""
    shift_hz = emission.carrier_hz - tuning.carrier_hz
    half, own_half = float(rate_sps) / 2, float(emission.rate_sps) / 2
    low = max(-own_half, -half - shift_hz, -emission.bandwidth_hz / 2, -tuning.bandwidth_hz / 2 - shift_hz)
    high = min(own_half, half - shift_hz, emission.bandwidth_hz / 2, tuning.bandwidth_hz / 2 - shift_hz)
    if high <= low:
        return None
    own = float(emission.rate_sps)
    return Band(low / own, high / own, shift_hz / float(rate_sps))


def laid_out(emission: Emission, window: Window) -> Samples | None:
    """Return the samples of ``emission`` over ``window``, silence where there are none; None if there are none at all.

    The result is not to be written to.
    """
    start = max(emission.first, window.first)
    end = min(emission.first + emission.samples.size, window.first + window.count)
    if end <= start:
        return None
    part = emission.samples[start - emission.first : end - emission.first]
    if part.size == window.count:
        return part
    out = np.zeros(window.count, np.complex64)
    out[start - window.first : end - window.first] = part
    return out
