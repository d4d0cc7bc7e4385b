"""Where something tag-like is on the air: the carrier line of an on-off keyed uplink, found in short spectra.

Half of such a signal's power is its carrier, one line wherever that lies; a line stands out of the noise of one bin
long before its burst does of the noise of the whole band. What the search costs then depends on how much is sent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import fft

BINS = 256
SHORT, LONG = 3, 10
"""Spectra that are averaged: 38 µs, as long as the shortest coded PPDU, and 128 µs."""
SHORT_OVER_FLOOR, LONG_OVER_FLOOR = 5.4, 2.9
"""A mean of so many exponentially distributed bins of noise passes these about once in 10⁵ (gamma distribution)."""
_SIDELOBE = 0.02
"""What is weaker than this share of the loudest bin of the whole band is a sidelobe of it."""
_FLOOR_QUANTILE = 0.25
_UNEVEN = 1.5
"""How much more noise one bin may have than most."""
_FLOOR_BIAS = -np.log(1 - _FLOOR_QUANTILE)


class Spectra:
    """Cuts a stream into short spectra and hands them to those who look at a part of the band each."""

    def __init__(self, *watched: Activity) -> None:
        self._watched = watched
        self._window = np.hanning(BINS).astype(np.float32)
        self._held = np.empty(0, np.complex64)

    def feed(self, samples: npt.NDArray[np.complex64]) -> None:
        """Take the next samples; what a block says is decided with the block."""
        samples = np.concatenate((self._held, samples))
        whole = samples.size // BINS * BINS
        self._held = samples[whole:]
        if whole:
            spectra = fft(samples[:whole].reshape(-1, BINS) * self._window, axis=1)
            power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
            for each in self._watched:
                each.take(power)


class Activity:
    """Collects, spectrum by spectrum, whether any bin of a band holds a line."""

    def __init__(self, rate_sps: int, centre_hz: float, half_band_hz: float) -> None:
        """Look within ``half_band_hz`` of ``centre_hz``."""
        frequencies = np.fft.fftfreq(BINS, 1 / rate_sps)
        self._bins = np.flatnonzero(np.abs(frequencies - centre_hz) <= half_band_hz)
        self._frequencies = frequencies[self._bins]
        self._active: list[npt.NDArray[np.bool_]] = []
        self._floor: npt.NDArray[np.float32] | None = None
        self.strongest_hz: float | None = None
        self._strongest = 0.0

    def spans(self, margin: int) -> list[tuple[int, int]]:
        """Return the sample ranges with something in them, widened by ``margin`` and joined where they touch."""
        if not self._active:
            return []
        edges = np.flatnonzero(np.diff(np.concatenate(([False], *self._active, [False])).astype(np.int8)))
        spans: list[tuple[int, int]] = []
        for begin, end in zip(edges[::2] * BINS - margin, edges[1::2] * BINS + margin, strict=True):
            if spans and begin <= spans[-1][1]:
                spans[-1] = spans[-1][0], int(end)
            else:
                spans.append((max(int(begin), 0), int(end)))
        return spans

    def take(self, power: npt.NDArray[np.float32]) -> None:
        """Take the power (n, BINS) of the next spectra, over the whole band."""
        loudest = power.max(axis=1)
        power = power[:, self._bins]
        floor = (np.quantile(power, _FLOOR_QUANTILE, axis=0) / _FLOOR_BIAS).astype(np.float32)
        floor = np.minimum(floor, np.float32(_UNEVEN) * np.median(floor))  # a line that never ends is no floor
        self._floor = floor if self._floor is None else np.minimum(floor, self._floor * np.float32(1.1))
        over = power / np.maximum(self._floor, np.float32(1e-30))
        active = np.zeros(len(over), np.bool_)
        for count, threshold in ((SHORT, SHORT_OVER_FLOOR), (LONG, LONG_OVER_FLOOR)):
            if len(over) < count:
                continue
            sums = np.cumsum(np.vstack((np.zeros((1, over.shape[1]), np.float64), over)), axis=0)
            means = (sums[count:] - sums[:-count]) / count
            hits = np.flatnonzero(means.max(axis=1) > threshold)
            hits = hits[power[hits].max(axis=1) > _SIDELOBE * loudest[hits]]
            for shift in range(count):
                active[hits + shift] = True
            self._note_strongest(means)
        self._active.append(active)

    def _note_strongest(self, means: npt.NDArray[np.float64]) -> None:
        place = np.unravel_index(int(means.argmax()), means.shape)
        if means[place] > self._strongest:
            self._strongest, self.strongest_hz = float(means[place]), float(self._frequencies[place[1]])
