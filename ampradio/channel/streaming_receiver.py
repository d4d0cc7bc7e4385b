"""What a receiver adds to a stream: other people's Wi-Fi at its antenna, its mixer, its gain and its converter."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ampradio.channel.front_end import dc_offset, iq_imbalance
from ampradio.channel.offset import carrier_offset
from ampradio.channel.per_packet import Samples
from ampradio.channel.quantisation import quantise
from ampradio.channel.wifi_interference import BANDWIDTH_SPS, WifiTraffic, arrivals, burst, burst_samples

_KEPT_S = 0.1  # how far back one may go after a look ahead
_ARRIVALS, _BURSTS = 0, 1


class WifiStage:
    """Adds bursts, as ``wifi_interference.wifi_interference`` makes them."""

    def __init__(
        self, traffic: WifiTraffic, power_db: float, offset_hz: float, sample_rate_sps: float, seed: int
    ) -> None:
        """``power_db`` is that of a burst over samples of unit power, ``offset_hz`` its carrier's distance from ours.

        Raises:
            ValueError: the rate is no multiple of 20 MS/s.
        """
        self._oversampling = burst_samples(0, sample_rate_sps) // burst_samples(0, BANDWIDTH_SPS)
        self._amplitude = np.float32(10 ** (power_db / 20))
        self._offset_hz = offset_hz
        self._rate_sps = sample_rate_sps
        self._seed = seed
        self._coming = arrivals(traffic, np.random.default_rng((seed, _ARRIVALS)))
        self._number = 0
        self._drawn_to = -1
        self._bursts: deque[tuple[int, int, int]] = deque()  # first sample, symbols, number
        self._waves: dict[int, Samples] = {}

    def apply(self, samples: Samples, first: int) -> Samples:
        """Return ``samples`` plus the bursts."""
        stop = first + samples.size
        self._draw_to(stop)
        out = samples.astype(np.complex64)
        for begin, symbols, number in self._bursts:
            end = begin + burst_samples(symbols, self._rate_sps)
            low, high = max(begin, first), min(end, stop)
            if low < high:
                out[low - first : high - first] += self._wave(symbols, number)[low - begin : high - begin]
        return out

    def _draw_to(self, stop: int) -> None:
        while self._drawn_to < stop:
            coming = next(self._coming, None)
            if coming is None:
                self._drawn_to = stop
                return
            start, symbols = coming
            self._drawn_to = start * self._oversampling
            self._bursts.append((self._drawn_to, symbols, self._number))
            self._number += 1
        old = stop - _KEPT_S * self._rate_sps
        while self._bursts and self._bursts[0][0] + burst_samples(self._bursts[0][1], self._rate_sps) < old:
            self._waves.pop(self._bursts.popleft()[2], None)

    def _wave(self, symbols: int, number: int) -> Samples:
        if number not in self._waves:
            wave = burst(symbols, self._rate_sps, np.random.default_rng((self._seed, _BURSTS, number)))
            self._waves[number] = carrier_offset(wave, self._offset_hz, self._rate_sps) * self._amplitude
        return self._waves[number]


@dataclass(frozen=True)
class FrontEnd:
    """A receiver's front end, from antenna to codes; what is zero is left out.

    Attributes:
        agc_step_db: gain that is added and taken away again in turn.
        agc_period_samples: after so many samples each time.
        iq_gain_db: by how much branch Q is stronger.
        iq_phase_deg: and turned from square.
        dc_offset: added to every sample.
        adc_bits: of a branch; 0 for no converter.
        adc_full_scale: its largest amplitude.
    """

    agc_step_db: float = 0.0
    agc_period_samples: int = 1
    iq_gain_db: float = 0.0
    iq_phase_deg: float = 0.0
    dc_offset: complex = 0.0
    adc_bits: int = 0
    adc_full_scale: float = 1.0

    def apply(self, samples: Samples, first: int) -> Samples:
        """Return ``samples`` after gain, mixer and converter, in this order."""
        if self.agc_step_db:
            up = np.arange(first, first + samples.size) // self.agc_period_samples % 2 == 1
            samples = samples * np.where(up, np.float32(10 ** (self.agc_step_db / 20)), np.float32(1))
        if self.iq_gain_db or self.iq_phase_deg:
            samples = iq_imbalance(samples, self.iq_gain_db, self.iq_phase_deg)
        if self.dc_offset:
            samples = dc_offset(samples, self.dc_offset)
        if self.adc_bits:
            samples = quantise(samples, self.adc_bits, self.adc_full_scale)
        return samples
