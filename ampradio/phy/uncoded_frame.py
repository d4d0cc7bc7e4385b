"""Decoding of an uncoded uplink frame: active Tx at 4 Mb/s and bistatic, vectorised over packets.

Chips are followed as those of the coded uplink are (``uplink_frame``); what differs is that each bit is decided by
itself, by one of two detectors. Performance page, sections 1 and 3.
"""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
import numpy.typing as npt
from scipy import signal

from ampradio.phy.running_sum import running_sum
from ampradio.phy.uplink_chips import UplinkChips, UplinkTrack

FINEST = 16  # samples of a chip from which on a straight line between samples is good enough
_FINAL_WINDOWS = (0.25, 0.125)  # of a chip
_WINDOW_MIN = 1.25  # samples
_NEIGHBOURS = 8  # bits either side whose ON chips tell the phase of one
_AIDED_PASSES = 3
_KAISER = 8.0
_TAPS_A_SIDE = 12  # of the interpolator, in samples


class Detector(Enum):
    """How a bit is told from its two chips: by their energies, or by their projections on the neighbours' phase."""

    NON_COHERENT = "non-coherent"
    COHERENT_AIDED = "coherent-aided"


def interpolation(chip_samples: float) -> int:
    """Return how many times finer the samples must be before chips are integrated between fractions of them."""
    return 1 << max(0, math.ceil(math.log2(FINEST / chip_samples)))


def finer(samples: npt.NDArray[np.complex64], factor: int) -> npt.NDArray[np.complex64]:
    """Return the band-limited interpolation (packets, factor·n) of ``samples`` (packets, n).

    Sample n of either stands for its own interval, so the finer ones lie symmetrically about the coarser.
    """
    if factor == 1:
        return samples
    taps = factor * (2 * _TAPS_A_SIDE)
    place = np.arange(taps) - (taps - 1) / 2
    kernel = (np.sinc(place / factor) * np.kaiser(taps, _KAISER)).astype(np.float32)
    whole = signal.upfirdn(kernel, samples, up=factor, axis=1)
    first = factor * _TAPS_A_SIDE - factor // 2
    out: npt.NDArray[np.complex64] = np.ascontiguousarray(whole[:, first : first + factor * samples.shape[1]])
    return out


def decided(
    track: UplinkTrack, chips: UplinkChips, bits: int, detector: Detector
) -> npt.NDArray[np.bool_]:
    """Return the first ``bits`` bits (packets, bits)."""
    turned = chips.turned(track, 2 * bits)
    halves = turned[:, chips.sync.size :].reshape(-1, bits, 2)
    size = np.abs(halves)
    ones: npt.NDArray[np.bool_] = size[..., 1] > size[..., 0]
    if detector is Detector.NON_COHERENT:
        return ones
    known = turned[:, : chips.sync.size][:, chips.sync > 0][:, -_NEIGHBOURS:]
    for _ in range(_AIDED_PASSES):
        carrier = np.where(ones, halves[..., 1], halves[..., 0])
        sums = running_sum(np.concatenate((known, carrier), axis=1), np.complex128)
        index = known.shape[1] + np.arange(bits)
        last = sums.shape[1] - 1
        around = sums[:, np.minimum(index + _NEIGHBOURS + 1, last)] - sums[:, index - _NEIGHBOURS] - carrier
        along = (halves * around.conj()[..., np.newaxis]).real
        ones = along[..., 1] > along[..., 0]
    return ones


def read_bits(
    track: UplinkTrack, chips: UplinkChips, bits: int, detector: Detector
) -> tuple[UplinkTrack, npt.NDArray[np.uint8]]:
    """Return ``track``, good for the first ``bits`` bits, fitted to them once more, and those bits (packets, bits)."""
    for window in _FINAL_WINDOWS:
        ones = decided(track, chips, bits, Detector.COHERENT_AIDED)
        track = chips.refine(track, bits, max(window * chips.chip, _WINDOW_MIN), ones)
    return track, decided(track, chips, bits, detector).astype(np.uint8)
