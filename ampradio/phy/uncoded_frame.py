"""Decoding of an uncoded uplink frame: active Tx at 4 Mb/s and bistatic, vectorised over packets.

Chips are followed as those of the coded uplink are (``uplink_frame``); what differs is that each bit is decided by
itself, by one of two detectors. Performance page, sections 1 and 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import CLEAR, WINDOW_MIN, openness
from ampradio.phy.uplink_track import UplinkTrack

FINEST = 16  # samples of a chip from which on a straight line between samples is good enough
_FINAL_WINDOWS = (0.25, 0.125)  # of a chip
_STEADY_US = 32  # either side of a bit, a carrier fitted to the frame keeps its phase
_AIDED_PASSES = 3
_PASSED = 0.88  # of the sampled band: what front ends pass, and so what is left of a chip
_KAISER = 4.0
_HOP = 16  # samples whose finer ones one row of the matrix product gives
TAPS_A_SIDE = 7
"""Of the interpolator, in samples: with the two numbers above 0.002 dB from the matched filter at 5 samples a chip."""


class Detector(Enum):
    """How a bit is told from its two chips: by their energies, or by their projections on the neighbours' phase."""

    NON_COHERENT = "non-coherent"
    COHERENT_AIDED = "coherent-aided"

    @property
    def passes(self) -> int:
        """How often the neighbours' phase is asked for."""
        return _AIDED_PASSES if self is Detector.COHERENT_AIDED else 0


def interpolation(chip_samples: float) -> int:
    """Return how many times finer the samples must be before chips are integrated between fractions of them."""
    return 1 << max(0, math.ceil(math.log2(FINEST / chip_samples)))


def finer(samples: npt.NDArray[np.complex64], factor: int) -> npt.NDArray[np.complex64]:
    """Return the band-limited interpolation (packets, factor·n) of ``samples`` (packets, n).

    Sample n of either stands for its own interval, so the finer ones lie symmetrically about the coarser. They have
    been through a front end's filter once more: integrals of chips over them are matched to chips behind a front end.
    """
    if factor == 1:
        return samples
    packets, count = samples.shape
    rows, width = -(-count // _HOP), _HOP + 2 * TAPS_A_SIDE
    planes = np.zeros((packets, 2, rows * _HOP + 2 * TAPS_A_SIDE), np.float32)
    inside = slice(TAPS_A_SIDE, TAPS_A_SIDE + count)
    planes[:, 0, inside], planes[:, 1, inside] = samples.real, samples.imag
    windows = np.lib.stride_tricks.sliding_window_view(planes, width, axis=2)[:, :, ::_HOP]
    values = (windows.reshape(-1, width) @ _interpolator(factor)).reshape(packets, 2, -1)[:, :, : factor * count]
    out = np.empty((packets, factor * count), np.complex64)
    out.real, out.imag = values[:, 0], values[:, 1]
    return out


@lru_cache(maxsize=8)
def _interpolator(factor: int) -> npt.NDArray[np.float32]:
    """Return the windowed sinc as a matrix (samples read, ``_HOP``·factor) that makes the finer samples of a row."""
    taps, kernel = factor * (2 * TAPS_A_SIDE), _windowed_sinc(factor)[1]
    matrix = np.zeros((_HOP + 2 * TAPS_A_SIDE, _HOP, factor), np.float32)
    for sample in range(_HOP):
        for phase in range(factor):
            tap = np.arange(phase - factor // 2 + 2 * TAPS_A_SIDE * factor, -1, -factor)  # of each sample read
            within = tap < taps
            matrix[sample : sample + tap.size, sample, phase][within] = kernel[tap[within]]
    return matrix.reshape(matrix.shape[0], -1)


def _windowed_sinc(factor: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return where the taps of the interpolator lie, in samples, and what they are, both (factor·2·TAPS_A_SIDE,)."""
    taps = factor * (2 * TAPS_A_SIDE)
    place = (np.arange(taps) - (taps - 1) / 2) / factor
    return place, _PASSED * np.sinc(_PASSED * place) * np.kaiser(taps, _KAISER)


def leak(factor: int, chip_samples: float) -> float:
    """Return the part of a chip's integral that either neighbour's gets, for chips of so many samples.

    It is the front end that smears them; where samples need no interpolation it is called none.
    """
    if factor == 1:
        return 0.0
    place, taps = _windowed_sinc(factor)
    own, other = (float(taps @ np.maximum(0, 1 - np.abs(place / chip_samples - later))) for later in (0, 1))
    return other / own


@dataclass(frozen=True)
class KeyedCarrier:
    """The tracked chips, and the running sum (packets, n + 1) of an ON sample's energy where that is not always 1.

    ``leak`` is the part of a chip's integral that either neighbour's gets.
    """

    track: UplinkTrack
    energy: npt.NDArray[np.float64] | None
    leak: float

    def along(self, track: UplinkTrack) -> KeyedCarrier:
        """Return the same carrier under another track."""
        return replace(self, track=track)

    def of(self, rows: npt.NDArray[np.intp]) -> KeyedCarrier:
        """Return some of the packets."""
        return KeyedCarrier(self.track.of(rows), None if self.energy is None else self.energy[rows], self.leak)

    def with_rows(self, rows: npt.NDArray[np.intp], part: KeyedCarrier) -> KeyedCarrier:
        """Return these with the tracks of ``part`` in ``rows``."""
        return self.along(self.track.with_rows(rows, part.track))


def final_windows(chips: UplinkChips) -> list[float]:
    """Return the half widths, in samples, of the windows about the edges of a whole frame, one for each pass."""
    return [max(window * chips.chip, WINDOW_MIN) for window in _FINAL_WINDOWS]


def neighbours(chips: UplinkChips) -> int:
    """Return how many bits either side tell the phase of one by their ON chips."""
    return max(1, chips.rate_bps * _STEADY_US // 1_000_000)


def kernel(factor: int) -> npt.NDArray[np.float32]:
    """Return the interpolator (factor, taps) as loops take it: the first tap is ``TAPS_A_SIDE`` samples earlier."""
    if factor == 1:
        return np.ones((1, 1), np.float32)
    taps = 2 * TAPS_A_SIDE + 1
    return np.ascontiguousarray(_interpolator(factor).reshape(-1, _HOP, factor)[:taps, 0].T)


def decided(carrier: KeyedCarrier, chips: UplinkChips, bits: int, detector: Detector) -> npt.NDArray[np.bool_]:
    """Return the first ``bits`` bits (packets, bits).

    An ON chip of energy E gives an integral of A·E, so where E differs from chip to chip half of that is the fair
    threshold of each. Where bits are clear their neighbours are not asked. What has leaked into a bit from the chips
    beside it is taken off its projections; it does its energies good: it has their phase where they are ON.
    """
    turned = chips.turned(carrier.track, 2 * bits)
    word, halves = turned[:, : chips.sync.size], turned[:, chips.sync.size :].reshape(-1, bits, 2)
    threshold = _thresholds(carrier, chips, bits, word)
    if accelerator.is_on():
        from ampradio.phy.uncoded_loops import decide_each

        read = np.empty((turned.shape[0], bits), np.bool_)
        least = np.zeros((read.shape[0], 0 if carrier.energy is None else 2 * bits))
        least += np.reshape(threshold, (-1, least.shape[1])) if least.size else 0.0
        decide_each(turned, chips.sync, least, neighbours(chips), detector.passes, CLEAR, carrier.leak, read)
        return read
    size = np.abs(halves) - threshold
    ones: npt.NDArray[np.bool_] = size[..., 1] > size[..., 0]
    near = neighbours(chips)
    known = word[:, chips.sync > 0][:, -near:]
    index, last = known.shape[1] + np.arange(bits), known.shape[1] + bits
    doubtful = openness(turned[:, chips.sync.size :])[:, np.newaxis] <= CLEAR
    apart = halves.copy()
    apart[..., 0] -= carrier.leak * turned[:, chips.sync.size - 1 : -1 : 2]
    apart[:, :-1, 1] -= carrier.leak * halves[:, 1:, 0]
    for _ in range(detector.passes):
        on = np.where(ones, halves[..., 1], halves[..., 0])
        sums = running_sum(np.concatenate((known, on), axis=1), np.complex128)
        around = sums[:, np.minimum(index + near + 1, last)] - sums[:, np.maximum(index - near, 0)] - on
        around /= np.maximum(np.abs(around), np.finfo(np.float64).tiny)
        along = (apart * around.conj()[..., np.newaxis]).real - threshold
        ones = np.where(doubtful, along[..., 1] > along[..., 0], ones)
    return ones


def read_bits(
    carrier: KeyedCarrier, chips: UplinkChips, bits: int, detector: Detector
) -> tuple[KeyedCarrier, npt.NDArray[np.uint8]]:
    """Return ``carrier``, good for ``bits`` bits, fitted to them once more, and those bits (packets, bits).

    Where they are clear the narrowest windows will do.
    """
    *earlier, last = final_windows(chips)
    for window in earlier:
        doubtful = np.flatnonzero(openness(chips.turned(carrier.track, 2 * bits)[:, chips.sync.size :]) <= CLEAR)
        if doubtful.size:
            part = carrier.of(doubtful)
            ones = decided(part, chips, bits, Detector.COHERENT_AIDED)
            carrier = carrier.with_rows(doubtful, part.along(chips.refine(part.track, bits, window, ones)))
    ones = decided(carrier, chips, bits, Detector.COHERENT_AIDED)
    carrier = carrier.along(chips.refine(carrier.track, bits, last, ones))
    return carrier, decided(carrier, chips, bits, detector).astype(np.uint8)


def _thresholds(
    carrier: KeyedCarrier, chips: UplinkChips, bits: int, word: npt.NDArray[np.complex128]
) -> npt.NDArray[np.float64] | float:
    """Return what an ON chip has to exceed, (packets, bits, 2): half of what its own energy makes of it."""
    if carrier.energy is None:
        return 0.0
    energy = np.diff(integral_to(carrier.energy, carrier.track.timing.at(chips.edges(2 * bits))), axis=1)
    on = chips.sync > 0
    known = energy[:, : chips.sync.size]
    amplitude = np.abs(np.add.reduce(word[:, on], axis=1)) / np.maximum(np.add.reduce(known[:, on], axis=1), 1e-30)
    half: npt.NDArray[np.float64] = 0.5 * amplitude[:, np.newaxis] * energy[:, chips.sync.size :]
    return half.reshape(-1, bits, 2)
