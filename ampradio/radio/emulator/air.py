"""What joins the emulated radios: which of what one sends reaches another, how strongly, and at which frequency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.complex64]
TAPS = 65


@dataclass(frozen=True)
class Window:
    """Samples ``first`` to ``first + count`` of the common time line at ``rate_sps``."""

    first: int
    count: int
    rate_sps: int


@dataclass(frozen=True)
class Emission:
    """What left an antenna from sample ``first`` on, around ``carrier_hz``: ``samples`` times ``scale``, in √mW."""

    first: int
    samples: Samples
    scale: float
    carrier_hz: float
    bandwidth_hz: float


@dataclass(frozen=True)
class Tuning:
    """What a receiver listens to."""

    carrier_hz: float
    bandwidth_hz: float


class Sender(Protocol):
    """A radio as the air asks it."""

    def emissions(self, window: Window) -> list[Emission]:
        """Return what it sends within ``window``; nothing if its samples have another rate."""


class Air(Protocol):
    """A model of the air."""

    def heard(self, senders: Sequence[Sender], receiver: int, tuning: Tuning, window: Window) -> Samples:
        """Return what reaches the antenna of radio ``receiver``, in square roots of a milliwatt, noise not counted."""


@dataclass(frozen=True)
class FlatAir:
    """One loss between any two radios, another from a radio's transmitter to its own receiver."""

    path_loss_db: float = 60.0
    leak_db: float = 50.0
    pairs_db: dict[tuple[int, int], float] = field(default_factory=dict)

    def heard(self, senders: Sequence[Sender], receiver: int, tuning: Tuning, window: Window) -> Samples:
        """See ``Air``: every sender mixed to where the receiver is tuned, cut to what both filters let through."""
        out = np.zeros(window.count, np.complex64)
        lead = TAPS - 1  # the filter's memory
        wider = Window(window.first - lead, window.count + lead, window.rate_sps)
        for index, sender in enumerate(senders):
            loss_db = self.leak_db if index == receiver else self.pairs_db.get((index, receiver), self.path_loss_db)
            for emission in sender.emissions(wider):
                arrived = received(emission, tuning, wider)
                if arrived is not None:
                    out += np.float32(10 ** (-loss_db / 20) * emission.scale) * arrived[lead:]
        return out


def received(emission: Emission, tuning: Tuning, window: Window) -> Samples | None:
    """Return ``emission``, not scaled, as a receiver's filter passes it over ``window``; None when they do not meet."""
    shift_hz = emission.carrier_hz - tuning.carrier_hz
    half = window.rate_sps / 2
    low = max(-half, -half - shift_hz, -emission.bandwidth_hz / 2, -tuning.bandwidth_hz / 2 - shift_hz)
    high = min(half, half - shift_hz, emission.bandwidth_hz / 2, tuning.bandwidth_hz / 2 - shift_hz)
    if high <= low:
        return None
    out = emission.samples
    if out.size < window.count:
        at = emission.first - window.first
        out = np.zeros(window.count, np.complex64)
        out[at : at + emission.samples.size] = emission.samples
    if high - low < 0.98 * window.rate_sps:
        taps = _band_pass(low / window.rate_sps, high / window.rate_sps)
        out = np.convolve(out, taps)[: out.size].astype(np.complex64)
    if shift_hz:
        # sample indices are too large for a product of floats to keep the phase
        start = (shift_hz / window.rate_sps * window.first) % 1.0
        turns = start + shift_hz / window.rate_sps * np.arange(window.count)
        out = out * np.exp(2j * np.pi * turns).astype(np.complex64)
    return out


def _band_pass(low: float, high: float) -> Samples:
    """Return a windowed sinc that passes ``low`` to ``high``, in cycles per sample."""
    places = np.arange(TAPS) - (TAPS - 1) / 2
    shape: npt.NDArray[np.float64] = (high - low) * np.sinc((high - low) * places) * np.kaiser(TAPS, 7.0)
    taps: Samples = (shape * np.exp(1j * np.pi * (low + high) * places)).astype(np.complex64)
    return taps
