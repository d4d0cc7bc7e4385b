"""Other people's Wi-Fi at the antenna of one emulated radio: a sender of 20 MHz bursts that nobody controls."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ampradio.channel.streaming_receiver import WifiStage
from ampradio.channel.wifi_interference import BANDWIDTH_SPS, WifiTraffic
from ampradio.radio.emulator.air import Emission, Samples, Window

EPOCH = 10 * BANDWIDTH_SPS  # samples after which it is drawn anew: whoever looks in late waits for no more than that
_RATE = Fraction(BANDWIDTH_SPS)


@dataclass(frozen=True)
class Wifi:
    """Bursts for a ``duty`` of the time, of ``power_dbm`` at the antenna, around ``carrier_hz``; drawn by ``seed``."""

    seed: int
    duty: float
    power_dbm: float
    carrier_hz: float

    def source(self) -> WifiSource:
        """Return the sender."""
        return WifiSource(self)


class WifiSource:
    """See ``ampradio.radio.emulator.air.Sender``; any thread may ask."""

    def __init__(self, wifi: Wifi) -> None:
        self._wifi = wifi
        self._lock = threading.Lock()
        self._stages: dict[int, WifiStage] = {}

    def emissions(self, window: Window) -> list[Emission]:
        """Return the bursts within the time of ``window``, with silence between them."""
        own = window.at(_RATE)
        first, end = max(own.first, 0), own.first + own.count
        parts = []
        with self._lock:
            while first < end:
                stop = min(end, (first // EPOCH + 1) * EPOCH)
                parts.append(self._bursts(first, stop - first))
                first = stop
        if not parts:
            return []
        samples = np.concatenate(parts)
        scale = 10 ** (self._wifi.power_dbm / 20)
        return [Emission(end - samples.size, samples, scale, self._wifi.carrier_hz, float(_RATE), _RATE)]

    def _bursts(self, first: int, count: int) -> Samples:
        epoch, begin = divmod(first, EPOCH)
        if epoch not in self._stages:
            for old in [each for each in self._stages if each < epoch - 1]:
                del self._stages[old]
            seed = int(np.random.SeedSequence((self._wifi.seed, epoch)).generate_state(1, np.uint64)[0])
            self._stages[epoch] = WifiStage(WifiTraffic(self._wifi.duty), 0.0, 0.0, BANDWIDTH_SPS, seed)
        return self._stages[epoch].apply(np.zeros(count, np.complex64), begin)
