"""Decoding of an active uplink frame from complex samples, vectorised over packets.

Timing and carrier are followed over ever longer stretches by deciding coded bits; soft values go to the Viterbi
decoder; its bits, coded again, give chips that are nearly all right for a last fit and a second pass.
Performance page, section 3; air-interface page, rules 20 and 21.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import i0e

from ampradio.phy.convolutional import encode
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.manchester import chips_of
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.uplink_chips import CarrierPhase, UplinkChips
from ampradio.phy.viterbi import decode
from ampradio.profile.model import Uplink

_SYNC_WINDOWS = (0.5, 0.5, 0.25, 0.25)  # of a chip
_FIRST_BITS = 16
_FINAL_WINDOWS = (0.5, 0.25, 0.125)
_STEERING = (0.0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9)  # clocks tried, as chips gained at the end of the stretch
_WINDOW_MIN = 1.25  # samples; an edge inside a sample needs its neighbours whole
_NEIGHBOURS = 8  # coded bits either side whose ON chips tell the phase of one
_QUIETEST = 1e-4  # noise energy of a chip over its signal energy, so that a noise-free frame has finite soft values


@dataclass(frozen=True)
class UplinkTrack:
    """Where the chips are and how the carrier turns, for derotated samples given as their running sum."""

    sums: npt.NDArray[np.complex128]
    timing: ChipTiming
    carrier: CarrierPhase


def derotated(
    samples: npt.NDArray[np.complex64], turn_per_sample: npt.NDArray[np.float64]
) -> npt.NDArray[np.complex128]:
    """Return the running sum (packets, n + 1) of ``samples`` (packets, n) turned back by cycles per sample."""
    phase = np.outer(turn_per_sample, np.arange(samples.shape[1]))
    return running_sum(samples * np.exp(-2j * np.pi * (phase - np.round(phase))), np.complex128)


def follow_sync(sums: npt.NDArray[np.complex128], timing: ChipTiming, chips: UplinkChips) -> UplinkTrack:
    """Return timing and carrier fitted to the AMP-Sync alone."""
    nothing = np.empty((sums.shape[0], 0), np.int8)
    zero = np.zeros(sums.shape[0])
    carrier = CarrierPhase(zero, zero)
    for window in _SYNC_WINDOWS:
        for _ in range(2):
            carrier = chips.fit_carrier(sums, timing, carrier, nothing)
        timing = chips.fit_timing(sums, timing, carrier, nothing, max(window * chips.chip, _WINDOW_MIN))
    return UplinkTrack(sums, timing, chips.fit_carrier(sums, timing, carrier, nothing))


def follow_data(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int = 0) -> UplinkTrack:
    """Return ``track``, good for ``done_bits``, continued over the first ``coded_bits`` by deciding them."""
    while done_bits < coded_bits:
        reach = min(max(2 * done_bits, _FIRST_BITS), coded_bits)
        track = _steered(track, chips, reach, done_bits)
        for _ in range(2):
            track = _refined(track, chips, _hard_chips(track, chips, reach), _FINAL_WINDOWS[0])
        done_bits = reach
    return track


def soft_bits(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> npt.NDArray[np.float64]:
    """Return log-likelihood ratios (packets, coded_bits) of coded 1 over 0.

    Each bit is judged without knowing the phase, except as the ON chips of its neighbours tell it.
    """
    known = chips.sync.size
    count = known + 2 * coded_bits
    turned = chips.integrals(track.sums, track.timing, count) * track.carrier.against(
        chips.centres(track.timing, count)
    )
    first, second = turned[:, known::2], turned[:, known + 1 :: 2]
    on_sync = turned[:, :known][:, chips.sync > 0]
    amplitude = np.abs(on_sync.mean(axis=1))
    noise = np.abs(turned[:, :known][:, chips.sync == 0]) ** 2
    energy = np.maximum(noise.mean(axis=1), _QUIETEST * amplitude**2)
    scale = (2 * amplitude / energy)[:, np.newaxis]
    soft = _log_i0(scale * np.abs(second)) - _log_i0(scale * np.abs(first))
    for _ in range(2):
        weight = 1 / (1 + np.exp(-np.clip(soft, -40, 40)))
        carrier = weight * second + (1 - weight) * first
        around = _neighbourhood(carrier)
        soft = _log_i0(scale * np.abs(second + around)) - _log_i0(scale * np.abs(first + around))
    return soft


def read_start(track: UplinkTrack, chips: UplinkChips, uplink: Uplink, bits: int) -> npt.NDArray[np.uint8]:
    """Return the first ``bits`` bits (packets, bits) of longer frames, still scrambled, by an open trellis."""
    soft = soft_bits(track, chips, 2 * bits)
    return decode(uplink, soft.reshape(soft.shape[0], bits, 2), terminated=False)


def read_whole(
    track: UplinkTrack, chips: UplinkChips, uplink: Uplink, bits: int
) -> tuple[UplinkTrack, npt.NDArray[np.uint8]]:
    """Return the track fitted to the whole frame and its ``bits`` bits (packets, bits), still scrambled, with tail."""
    polynomials = (uplink.bcc_polynomial_a, uplink.bcc_polynomial_b)
    for again in (True, False):
        soft = soft_bits(track, chips, 2 * bits)
        decided = decode(uplink, soft.reshape(soft.shape[0], bits, 2))
        if again:
            data = chips_of(encode(decided, polynomials, uplink.bcc_constraint)).astype(np.int8)
            for window in _FINAL_WINDOWS:
                track = _refined(track, chips, data, window)
    return track, decided


def _refined(track: UplinkTrack, chips: UplinkChips, data: npt.NDArray[np.int8], window: float) -> UplinkTrack:
    carrier = chips.fit_carrier(track.sums, track.timing, track.carrier, data)
    timing = chips.fit_timing(track.sums, track.timing, carrier, data, max(window * chips.chip, _WINDOW_MIN))
    return UplinkTrack(track.sums, timing, carrier)


def _steered(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int) -> UplinkTrack:
    """Return ``track`` with the clock, among some about it, under which the first ``coded_bits`` look most decided.

    Guards against a clock estimate, from ``done_bits``, too poor to be mended by deciding bits with it.
    """
    middle = 0.5 * (chips.sync.size + 2 * done_bits) * chips.chip
    end = chips.data_end(2 * coded_bits)
    change = np.array(_STEERING) * chips.chip / (end - middle)
    nominal = chips.edges(2 * coded_bits)
    centre = nominal[:-1] + 0.5 * chips.chip
    tried = track.timing.at(nominal)[:, np.newaxis] + change[:, np.newaxis] * (nominal - middle)
    sums = integral_to(track.sums, tried.reshape(tried.shape[0], -1)).reshape(tried.shape)
    turned = (np.diff(sums, axis=2) * track.carrier.against(track.timing.at(centre))[:, np.newaxis]).real
    known = chips.sync.size
    score = np.abs(turned[..., known + 1 :: 2] - turned[..., known::2]).sum(axis=2)
    score += turned[..., :known] @ (2.0 * chips.sync - 1)
    best = change[np.argmax(score, axis=1)]
    return replace(track, timing=ChipTiming(track.timing.start - best * middle, track.timing.stretch + best))


def _hard_chips(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> npt.NDArray[np.int8]:
    count = chips.sync.size + 2 * coded_bits
    turned = chips.integrals(track.sums, track.timing, count) * track.carrier.against(
        chips.centres(track.timing, count)
    )
    data = turned[:, chips.sync.size :].real
    return chips_of((data[:, 1::2] > data[:, 0::2]).astype(np.uint8)).astype(np.int8)


def _neighbourhood(carrier: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Return for each bit the sum of the carrier of its neighbours, itself left out."""
    bits = carrier.shape[1]
    sums = running_sum(carrier, np.complex128)
    index = np.arange(bits)
    high, low = np.minimum(index + _NEIGHBOURS + 1, bits), np.maximum(index - _NEIGHBOURS, 0)
    around: npt.NDArray[np.complex128] = sums[:, high] - sums[:, low] - carrier
    return around


def _log_i0(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    logarithm: npt.NDArray[np.float64] = np.log(i0e(value)) + value
    return logarithm
