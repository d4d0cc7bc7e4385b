"""Decoding of an active uplink frame from complex samples, vectorised over packets.

Timing and carrier are followed over ever longer stretches by deciding coded bits; soft values go to the Viterbi
decoder; its bits, coded again, give chips that are nearly all right for a last fit and a second pass.
Performance page, section 3; air-interface page, rules 20 and 21.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import i0e

from ampradio.phy.convolutional import encode
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.uplink_chips import CarrierPhase, UplinkChips, UplinkTrack
from ampradio.phy.viterbi import decode
from ampradio.profile.model import Uplink

_SYNC_WINDOWS = (0.5, 0.5, 0.25)  # of a chip
_FIRST_BITS = 16
_DATA_WINDOW = 0.5
_FINAL_WINDOWS = (0.25, 0.125)
_CLOCKS = 5  # tried over the tolerance
_CONTEST_BITS = 64  # coded bits over which they are compared
_STEERING = (0.0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9, -1.2, 1.2)  # chips gained at the end by the clocks tried later
_FINE = 64  # samples of the fine oscillator; the coarse one steps by as many
_WINDOW_MIN = 1.25  # samples; an edge inside a sample needs its neighbours whole
_NEIGHBOURS = 8  # coded bits either side whose ON chips tell the phase of one
_QUIETEST = 1e-4  # noise energy of a chip over its signal energy, so that a noise-free frame has finite soft values


def derotated(
    samples: npt.NDArray[np.complex64], turn_per_sample: npt.NDArray[np.float64]
) -> npt.NDArray[np.complex128]:
    """Return the running sum (packets, n + 1) of ``samples`` (packets, n) turned back by cycles per sample."""
    packets, count = samples.shape
    coarse = _phasor(np.outer(turn_per_sample, np.arange(0, count, _FINE)))
    fine = _phasor(np.outer(turn_per_sample, np.arange(_FINE)))
    back = (coarse[:, :, np.newaxis] * fine[:, np.newaxis]).reshape(packets, -1)[:, :count]
    back *= samples
    return running_sum(back, np.complex128)


def _phasor(turns: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    phasor: npt.NDArray[np.complex128] = np.exp(-2j * np.pi * (turns - np.rint(turns)))
    return phasor


def follow_sync(sums: npt.NDArray[np.complex128], timing: ChipTiming, chips: UplinkChips) -> UplinkTrack:
    """Return timing and carrier fitted to the AMP-Sync alone."""
    zero = np.zeros(sums.shape[0])
    track = UplinkTrack(sums, timing, CarrierPhase(zero, zero))
    for window in _SYNC_WINDOWS:
        track = chips.refine(track, 0, max(window * chips.chip, _WINDOW_MIN))
    return track


def follow_data(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int = 0) -> UplinkTrack:
    """Return ``track``, good for ``done_bits``, continued over the first ``coded_bits`` by deciding them.

    From the sync alone (``done_bits`` 0) the clock is not known well enough for that: several are followed for a
    while and the one under which the bits look most decided is kept.
    """
    if done_bits == 0:
        done_bits = min(_CONTEST_BITS, coded_bits)
        track = _contest(track, chips, done_bits)
        track = _decided(_steered(track, chips, done_bits, 0), chips, done_bits)
    while done_bits < coded_bits:
        reach = min(2 * done_bits, coded_bits)
        track = _decided(_steered(track, chips, reach, done_bits), chips, reach)
        done_bits = reach
    return track


def soft_bits(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> npt.NDArray[np.float64]:
    """Return log-likelihood ratios (packets, coded_bits) of coded 1 over 0.

    Each bit is judged without knowing the phase, except as the ON chips of its neighbours tell it.
    """
    known = chips.sync.size
    turned = chips.turned(track, 2 * coded_bits)
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
            ones = encode(decided, polynomials, uplink.bcc_constraint) > 0
            for window in _FINAL_WINDOWS:
                track = chips.refine(track, 2 * bits, max(window * chips.chip, _WINDOW_MIN), ones)
    return track, decided


def _contest(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> UplinkTrack:
    """Return the best of several tracks over the first ``coded_bits``, each begun under another clock."""
    packets = track.timing.start.size
    clocks = 1 + chips.tolerance_ppm * PPM * np.linspace(-1, 1, _CLOCKS)
    middle = 0.5 * chips.sync.size * chips.chip
    each = np.repeat(np.arange(packets), _CLOCKS)
    stretch = np.tile(clocks, packets)
    start = track.timing.start[each] + (track.timing.stretch[each] - stretch) * middle
    carrier = CarrierPhase(track.carrier.phase[each], track.carrier.turn[each])
    tried = UplinkTrack(track.sums, ChipTiming(start, stretch), carrier)
    reach = 0
    while reach < coded_bits:
        reach = min(max(2 * reach, _FIRST_BITS), coded_bits)
        tried = _decided(tried, chips, reach)
    best = np.argmax(_decidedness(chips.turned(tried, 2 * coded_bits).real, chips).reshape(packets, _CLOCKS), axis=1)
    kept = np.arange(packets) * _CLOCKS + best
    carrier = CarrierPhase(tried.carrier.phase[kept], tried.carrier.turn[kept])
    return UplinkTrack(track.sums, tried.timing.of(kept), carrier)


def _steered(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int) -> UplinkTrack:
    """Return ``track`` with the clock, among some about it, under which the first ``coded_bits`` look most decided.

    Deciding bits mends a timing that is off by less than half a chip; this finds one that has slipped by more.
    """
    middle = 0.5 * (chips.sync.size + 2 * done_bits) * chips.chip
    change = np.array(_STEERING) * chips.chip / (chips.data_end(2 * coded_bits) - middle)
    nominal = chips.edges(2 * coded_bits)
    tried = track.timing.at(nominal)[:, np.newaxis] + change[:, np.newaxis] * (nominal - middle)
    sums = integral_to(track.sums, tried)
    step = track.timing.stretch * chips.chip
    turn = track.carrier.against(track.timing.start + 0.5 * step, step, nominal.size - 1)[:, np.newaxis]
    decidedness = _decidedness(((sums[..., 1:] - sums[..., :-1]) * turn).real, chips)
    best = change[np.argmax(decidedness, axis=1)]
    return replace(track, timing=ChipTiming(track.timing.start - best * middle, track.timing.stretch + best))


def _decidedness(turned: npt.NDArray[np.float64], chips: UplinkChips) -> npt.NDArray[np.float64]:
    """Return how much ON and OFF differ, summed over the sync and the data bits of ``turned`` (…, chips)."""
    known = chips.sync.size
    score = np.abs(turned[..., known + 1 :: 2] - turned[..., known::2]).sum(axis=-1)
    total: npt.NDArray[np.float64] = score + turned[..., :known] @ (2.0 * chips.sync - 1)
    return total


def _decided(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> UplinkTrack:
    return chips.refine(track, coded_bits, max(_DATA_WINDOW * chips.chip, _WINDOW_MIN))


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
