"""An air with ways of their own between any two radios: loss, delay, echoes; and radios that reflect what they hear.

Radios whose converters run at one rate are joined sample by sample. Where rates or clocks differ, or a delay has a
fraction of a sample, what was sent is interpolated, band-limited, ``LATER`` samples later than it arrives.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

import numpy as np

from ampradio.channel.resampling import HALF_WIDTH, interpolate
from ampradio.channel.streaming import Stage, applied
from ampradio.radio.emulator.air import (
    Arrival,
    Codes,
    Emission,
    Field,
    Samples,
    Sender,
    Tuning,
    Window,
    as_samples,
    band_of,
    laid_out,
)
from ampradio.radio.emulator.front_end import FULL_SCALE_TX_DBM
from ampradio.radio.emulator.mixing import Band, passed
from testbed.emulated_air.echoes import Echoes, Fading
from testbed.emulated_air.wandering import Wandering
from testbed.emulated_air.wifi import Wifi

LATER = 16  # samples of the sender: an interpolation needs those after a position too
NONE_DB = 300.0
_SNAP = 1e-6  # samples
_MEMORY = 256  # samples that filters, interpolation and echoes look back, at most
_SLOWEST_SPS = 520_833
_EVERYTHING_HZ = 1e12
_MOST_RATES = 16  # as many as radios: what is drawn for a rate is the same if it is drawn again
_What = TypeVar("_What")
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Way:
    """From one antenna to another."""

    loss_db: float
    delay_s: float = 0.0
    fading: Fading | None = None
    wandering: Wandering | None = None


_HERE = Way(0.0)


@dataclass(eq=False)
class IndoorAir:
    """Ways by (from, to), those left out like ``usual``; a radio's own transmitter is on a way to its receiver.

    What a radio in ``reflecting`` sends is a reflection coefficient, 1 at full scale without attenuation: it leaves
    its antenna multiplied with what falls on that from the others, on their carriers. ``wifi``: what somebody else
    sends, by the radio that hears it.
    """

    usual: Way
    leak: Way
    ways: Mapping[tuple[int, int], Way] = field(default_factory=dict)
    reflecting: frozenset[int] = frozenset()
    wifi: Mapping[int, Wifi] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._echoes: dict[tuple[Fading, Fraction], list[Echoes]] = {}
        self._stages: dict[tuple[Wandering, Fraction], list[Stage]] = {}
        self._wifi = {receiver: wifi.source() for receiver, wifi in self.wifi.items()}
        self._lock = threading.Lock()

    def heard(self, senders: Sequence[Sender], receiver: int, tuning: Tuning, window: Window) -> Field:
        """See ``ampradio.radio.emulator.air.Air``."""
        arrivals = []
        asked: dict[float, Window] = {}
        for index, sender in enumerate(senders):
            way = self._way(index, receiver)
            if way.delay_s not in asked:
                asked[way.delay_s] = _back(window, way.delay_s)
            emissions = sender.emissions(asked[way.delay_s])
            if index in self.reflecting:
                emissions = [] if index == receiver else self._reflected(senders, index, emissions)
            for emission in emissions:
                arrived = self._arrived(emission, way, tuning, window)
                if arrived is not None:
                    arrivals.append(arrived)
        if receiver in self._wifi:
            bursts = self._wifi[receiver].emissions(_back(window, 0.0))
            heard = (self._arrived(each, _HERE, tuning, window) for each in bursts)
            arrivals.extend(each for each in heard if each is not None)
        return Field(window, arrivals)

    def _way(self, sender: int, receiver: int) -> Way:
        if sender == receiver:
            return self.ways.get((sender, receiver), self.leak)
        return self.ways.get((sender, receiver), self.usual)

    def _reflected(self, senders: Sequence[Sender], tag: int, coefficients: list[Emission]) -> list[Emission]:
        """Return what ``tag`` sends back: for each sender and each coefficient a signal on the sender's carrier."""
        out = []
        full_scale = 10 ** (FULL_SCALE_TX_DBM / 20)
        for coefficient in coefficients:
            window = Window(coefficient.first, len(coefficient.samples), coefficient.rate_sps)
            for index, sender in enumerate(senders):
                if index in self.reflecting:
                    continue
                way = self._way(index, tag)
                for emission in sender.emissions(_back(window, way.delay_s)):
                    tuned = Tuning(emission.carrier_hz, _EVERYTHING_HZ)
                    arrived = self._arrived(emission, way, tuned, window)
                    if arrived is not None:
                        falling = Field(window, (arrived,)).samples()
                        falling *= as_samples(coefficient.samples)
                        scale, carrier_hz = coefficient.scale / full_scale, emission.carrier_hz
                        out.append(Emission(window.first, falling, scale, carrier_hz, _EVERYTHING_HZ, window.rate_sps))
        return out

    def _arrived(self, emission: Emission, way: Way, tuning: Tuning, window: Window) -> Arrival | None:
        """Return what of ``emission`` comes over ``way`` to a receiver, as its converter samples it over ``window``."""
        band = band_of(emission, tuning, window.rate_sps)
        if band is None:
            return None
        gain = 10 ** (-way.loss_db / 20) * emission.scale
        later = way.delay_s * float(emission.rate_sps)
        if emission.rate_sps == window.rate_sps and abs(later - round(later)) < _SNAP:
            whole = Window(window.first - round(later), window.count, window.rate_sps)
            arrived, passband = self._sent(emission, way, band, whole), None if band.is_whole else band
        else:
            position = Fraction(window.first) * emission.rate_sps / window.rate_sps - Fraction(later) - LATER
            begin = math.floor(position) - HALF_WIDTH
            step = float(emission.rate_sps / window.rate_sps)
            places = float(position - begin) + step * np.arange(window.count)
            around = Window(begin, math.ceil(places[-1]) + HALF_WIDTH + 1, emission.rate_sps)
            arrived = self._sent(emission, way, band, around)
            passband = None
            if arrived is not None:
                arrived = interpolate(passed(as_samples(arrived), band), places)
        if arrived is None:
            return None
        arrival = Arrival(arrived, gain, band.shift, passband)
        return arrival if way.wandering is None else self._wandered(arrival, way.wandering, window)

    def _wandered(self, arrival: Arrival, wandering: Wandering, window: Window) -> Arrival:
        with self._lock:
            rate_sps = window.rate_sps
            stages = _kept(self._stages, (wandering, rate_sps), lambda: wandering.stages(float(rate_sps)))
            samples = applied(stages, arrival.passed(), window.first)
        return Arrival(samples, arrival.gain, arrival.cycles)

    def _sent(self, emission: Emission, way: Way, band: Band, window: Window) -> Samples | Codes | None:
        """Return ``emission`` over a ``window`` of its own rate and ``band.memory`` before, after ``way``'s echoes."""
        parts = self._parts(way, emission.rate_sps)
        before = sum(part.memory for part in parts)
        wider = window.wider(before + band.memory)
        samples = laid_out(emission, wider)
        if samples is None:
            return None
        first = wider.first
        for part in parts:
            samples = part.applied(as_samples(samples), first)
            first += part.memory
        return samples

    def _parts(self, way: Way, rate_sps: Fraction) -> list[Echoes]:
        fading = way.fading
        if fading is None:
            return []
        with self._lock:
            return _kept(self._echoes, (fading, rate_sps), lambda: fading.echoes(float(rate_sps)))


def _kept(
    known: dict[tuple[_What, Fraction], list[_Made]], key: tuple[_What, Fraction], make: Callable[[], list[_Made]]
) -> list[_Made]:
    """Return what ``known`` has for ``key``, made if need be; what is of the oldest rate goes when there are many."""
    if key not in known:
        rates = list(dict.fromkeys(rate_sps for _, rate_sps in known))
        if len(rates) == _MOST_RATES and key[1] not in rates:
            for old in [each for each in known if each[1] == rates[0]]:
                del known[old]
        known[key] = make()
    return known[key]


def _back(window: Window, delay_s: float) -> Window:
    """Return ``window`` with what was sent before it and may be heard in it."""
    rate_sps = float(window.rate_sps)
    return window.wider(math.ceil(delay_s * rate_sps + _MEMORY * max(1.0, rate_sps / _SLOWEST_SPS)))
