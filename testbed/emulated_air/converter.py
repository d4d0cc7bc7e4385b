"""Noise and converters of emulated receivers: noise by its number, the same on every machine, and all in one pass."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ampradio.channel.digitising import Passband, Signal, digitised, prepare
from ampradio.channel.numbered_noise import noise_key, numbered_noise
from ampradio.radio.emulator.air import Arrival, Codes, Field
from ampradio.radio.emulator.front_end import rounded
from ampradio.radio.emulator.mixing import Band, real_taps
from testbed.emulated_air.imperfection import Imperfection

_RATE_BITS = 40  # of a rate in thousandths of a sample per second


class NumberedConverter:
    """The emulated receiver of an ``index``; at every sample rate it has noise of its own."""

    def __init__(self, seed: int, index: int, imperfection: Imperfection | None = None) -> None:
        self._seed, self._index, self._imperfection = seed, index, imperfection
        self._rate_sps, self._key = Fraction(0), noise_key(0)
        prepare()  # a client does not wait for a compiler

    def codes(self, field: Field, scale: float, noise_power: float) -> Codes:
        """See ``ampradio.radio.emulator.front_end.Converter``."""
        window = field.window
        if window.rate_sps != self._rate_sps:
            self._key = noise_key(self._seed, self._index << _RATE_BITS | round(1000 * window.rate_sps))
            self._rate_sps = window.rate_sps
        if self._imperfection is not None:
            return self._imperfectly(self._imperfection, field, scale, noise_power)
        signals = [_signal(each, scale) for each in field.arrivals]
        return digitised(signals, window.first, window.count, noise_power, self._key)

    def _imperfectly(self, how: Imperfection, field: Field, scale: float, noise_power: float) -> Codes:
        window = field.window
        antenna = numbered_noise(self._key, window.first, window.count)
        antenna *= np.float32(np.sqrt(noise_power) / scale)
        antenna += field.samples()
        analogue = how.front_end(float(window.rate_sps)).apply(antenna, window.first)
        return rounded(analogue * np.float32(scale))


def _signal(arrival: Arrival, scale: float) -> Signal:
    passband = None if arrival.band is None else _passband(arrival.band)
    return Signal(arrival.samples, arrival.gain * scale, arrival.cycles, passband)


def _passband(band: Band) -> Passband:
    return Passband(real_taps(band.high - band.low).astype(np.float32), (band.low + band.high) / 2)
