"""What joins the emulated radios: which of what one sends reaches another, how strongly, and at which frequency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from ampradio.radio.emulator.mixing import TAPS, Band, mixed, passed

Samples = npt.NDArray[np.complex64]
Codes = npt.NDArray[np.int16]
_CONVERTED = np.int16(-16)  # the converter has 12 bits


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
        if rate_sps is self.rate_sps or rate_sps == self.rate_sps:
            return self
        first = -(-self.first * rate_sps // self.rate_sps)
        end = -(-(self.first + self.count) * rate_sps // self.rate_sps)
        return Window(first, end - first, rate_sps)


@dataclass(frozen=True)
class Emission:
    """What left an antenna from sample ``first`` on, around ``carrier_hz``: ``samples`` times ``scale``, in √mW.

    Codes are (n, 2), of which the upper 12 bits count.
    """

    first: int
    samples: Samples | Codes
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


@dataclass(frozen=True)
class Arrival:
    """One signal at an antenna: ``samples`` times ``gain``, turned by ``cycles`` a sample since sample 0.

    Of samples with a ``band`` what passes it; they begin as many samples earlier as it remembers.
    """

    samples: Samples | Codes
    gain: float
    cycles: float = 0.0
    band: Band | None = None

    def passed(self) -> Samples:
        """Return what passes; not to be written to."""
        samples = as_samples(self.samples)
        return samples if self.band is None else passed(samples, self.band)


@dataclass(frozen=True)
class Field:
    """All that reaches an antenna over ``window``, in square roots of a milliwatt, noise not counted."""

    window: Window
    arrivals: Sequence[Arrival]

    def samples(self) -> Samples:
        """Return the sum of all arrivals, the caller's to overwrite."""
        out: Samples = np.zeros(self.window.count, np.complex64)
        for each in self.arrivals:
            out += mixed(each.passed(), each.gain, each.cycles, self.window.first)
        return out

    def power_mw(self) -> float:
        """Return its mean power."""
        if not self.arrivals:
            return 0.0
        samples = self.samples()
        return float(np.vdot(samples, samples).real) / max(samples.size, 1)


class Air(Protocol):
    """A model of the air."""

    def heard(self, senders: Sequence[Sender], receiver: int, tuning: Tuning, window: Window) -> Field:
        """Return what reaches the antenna of radio ``receiver``."""


@dataclass(frozen=True)
class FlatAir:
    """One loss between any two radios, another from a radio's transmitter to its own receiver; no delay.

    Radios whose sample rates are not one do not hear each other.
    """

    path_loss_db: float = 60.0
    leak_db: float = 50.0
    pairs_db: dict[tuple[int, int], float] = field(default_factory=dict)

    def heard(self, senders: Sequence[Sender], receiver: int, tuning: Tuning, window: Window) -> Field:
        """See ``Air``: every sender mixed to where the receiver is tuned, cut to what both filters let through."""
        arrivals = []
        for index, sender in enumerate(senders):
            loss_db = self.leak_db if index == receiver else self.pairs_db.get((index, receiver), self.path_loss_db)
            for emission in sender.emissions(window.wider(TAPS - 1)):
                band = band_of(emission, tuning, window.rate_sps)
                if band is None or emission.rate_sps != window.rate_sps:
                    continue
                sent = laid_out(emission, window.wider(band.memory))
                if sent is not None:
                    gain = float(10 ** (-loss_db / 20)) * emission.scale
                    arrivals.append(Arrival(sent, gain, band.shift, None if band.is_whole else band))
        return Field(window, arrivals)


def band_of(emission: Emission, tuning: Tuning, rate_sps: Fraction) -> Band | None:
    """Return what of ``emission`` a receiver at ``rate_sps`` lets through; None when they do not meet."""
    shift_hz = emission.carrier_hz - tuning.carrier_hz
    rate, own = float(rate_sps), float(emission.rate_sps)
    half, own_half = rate / 2, own / 2
    low = max(-own_half, -half - shift_hz, -emission.bandwidth_hz / 2, -tuning.bandwidth_hz / 2 - shift_hz)
    high = min(own_half, half - shift_hz, emission.bandwidth_hz / 2, tuning.bandwidth_hz / 2 - shift_hz)
    if high <= low:
        return None
    return Band(low / own, high / own, shift_hz / rate)


def laid_out(emission: Emission, window: Window) -> Samples | Codes | None:
    """Return the samples of ``emission`` over ``window``, silence where there are none; None if there are none at all.

    The result is not to be written to.
    """
    start = max(emission.first, window.first)
    end = min(emission.first + len(emission.samples), window.first + window.count)
    if end <= start:
        return None
    part = emission.samples[start - emission.first : end - emission.first]
    if len(part) == window.count:
        return part
    out = cast(Samples | Codes, np.zeros((window.count, *part.shape[1:]), part.dtype))
    out[start - window.first : end - window.first] = part
    return out


def as_samples(sent: Samples | Codes) -> Samples:
    """Return codes as samples, in units of a code; samples as they are."""
    if sent.dtype != np.int16:
        return cast(Samples, sent)
    samples: Samples = (cast(Codes, sent) & _CONVERTED).astype(np.float32).view(np.complex64)[:, 0]
    return samples
