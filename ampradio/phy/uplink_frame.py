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

from ampradio import accelerator
from ampradio.phy.convolutional import encode
from ampradio.phy.edge_timing import PPM, ChipTiming, clock_limit
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.phy.uplink_chips import CarrierPhase, UplinkChips, UplinkTrack
from ampradio.phy.viterbi import decode
from ampradio.profile.model import Uplink

HEADER_REREAD = 2  # when the FCS fails, the header is read again among so many times the bits it was first
_SYNC_WINDOWS = (0.5, 0.5, 0.25)  # of a chip
_DATA_WINDOW = 0.5
_FINAL_WINDOWS = (0.25, 0.125)
_CLOCKS = 9  # tried over the tolerance; bits are decided under each, so neighbours are half a chip apart at the end
_CONTEST_BITS = (16, 32, 64)  # coded bits over which each is given its carrier; over the last they are compared
_STEERING = (0.0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9, -1.2, 1.2)  # chips gained at the end by the clocks tried later
_FURTHER = 1.25  # a stretch longer by less than this is read with the track there is
_STEER_BITS = 256  # at most so many, spread over the stretch, are looked at to steer
_FINE = 64  # samples of the fine oscillator; the coarse one steps by as many
_WINDOW_MIN = 1.25  # samples; an edge inside a sample needs its neighbours whole
_CLOCK_PARTS = np.linspace(-1, 1, _CLOCKS)
_REACHES, _STEERED = np.array(_CONTEST_BITS), np.array(_STEERING)
_NEIGHBOURS = 8  # coded bits either side whose ON chips tell the phase of one
_KEYED = 0.96  # mean size of a bit over its noise: 1.2 and more where a frame can be read, 0.85 in noise
_SURE = 40.0  # log-likelihood beyond which a bit is one or the other
_QUIETEST = 1e-4  # noise energy of a chip over its signal energy, so that a noise-free frame has finite soft values


def derotated(
    samples: npt.NDArray[np.complex64],
    turn_per_sample: npt.NDArray[np.float64],
    done: int = 0,
    before: npt.NDArray[np.complex128] | None = None,
) -> npt.NDArray[np.complex128]:
    """Return the running sum (packets, n + 1) of ``samples`` (packets, n) turned back by cycles per sample.

    The phase is counted from sample 0. ``before`` (packets, done + 1) is what was returned for the first ``done``.
    """
    packets, count = samples.shape
    if accelerator.is_on():
        from ampradio.phy.uplink_soft_loops import derotate_each

        sums = np.empty((packets, count + 1), np.complex128)
        sums[:, : done + 1] = 0 if before is None else before
        derotate_each(np.ascontiguousarray(samples), turn_per_sample, done, sums)
        return sums
    samples, count = samples[:, done:], count - done
    rows = -(-count // _FINE)
    coarse = _phasor(np.outer(turn_per_sample, done + _FINE * np.arange(rows)))
    fine = _phasor(np.outer(turn_per_sample, np.arange(_FINE)))
    back = np.zeros((packets, rows * _FINE), np.complex64)
    back[:, :count] = samples
    turned = back.reshape(packets, rows, _FINE)
    turned *= fine[:, np.newaxis]
    turned *= coarse[:, :, np.newaxis]
    more = running_sum(back[:, :count], np.complex128)
    return more if before is None else np.concatenate((before[:, :-1], more + before[:, -1:]), axis=1)


def _phasor(turns: npt.NDArray[np.float64]) -> npt.NDArray[np.complex64]:
    phasor: npt.NDArray[np.complex64] = np.exp(-2j * np.pi * (turns - np.rint(turns))).astype(np.complex64)
    return phasor


def follow_sync(sums: npt.NDArray[np.complex128], timing: ChipTiming, chips: UplinkChips) -> UplinkTrack:
    """Return timing and carrier fitted to the AMP-Sync alone."""
    zero = np.zeros(sums.shape[0])
    track = UplinkTrack(sums, timing, CarrierPhase(zero, zero))
    return chips.refine_often(track, 0, [max(window * chips.chip, _WINDOW_MIN) for window in _SYNC_WINDOWS])


def follow_data(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int = 0) -> UplinkTrack:
    """Return ``track``, good for ``done_bits``, continued over the first ``coded_bits`` by deciding them.

    From the sync alone (``done_bits`` 0) the clock is not known well enough for that: several are followed for a
    while and the one under which the bits look most decided is kept.
    """
    if accelerator.is_on():
        return _followed(track, chips, coded_bits, done_bits)
    if done_bits == 0:
        done_bits = min(_CONTEST_BITS[-1], coded_bits)
        track = _contest(track, chips, done_bits)
        track = _steered(track, chips, done_bits, 0)
    while done_bits < coded_bits:
        reach = min(2 * done_bits, coded_bits)
        if reach > _FURTHER * done_bits:
            track = _steered(track, chips, reach, done_bits)
        done_bits = reach
    return track


def looks_keyed(
    track: UplinkTrack, chips: UplinkChips, coded_bits: int, floor: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Return whether the first ``coded_bits`` stand out of the noise, (packets,); noise taken for a sync does not.

    ``floor`` (packets,) is the noise power per sample; where it is 0 everything stands out.
    """
    if accelerator.is_on():
        from ampradio.phy.uplink_loops import keyed_each

        sizes = np.empty(floor.size)
        sums = np.ascontiguousarray(track.sums)
        keyed_each(sums, track.as_rows(), chips.sync.size, chips.chip, coded_bits, sizes)
        stands_out: npt.NDArray[np.bool_] = sizes > _KEYED * np.sqrt(floor * chips.chip)
        return stands_out
    data = chips.turned(track, 2 * coded_bits)[:, chips.sync.size :].real
    size = np.add.reduce(np.abs(data[:, 1::2] - data[:, 0::2]), axis=1) / coded_bits
    keyed: npt.NDArray[np.bool_] = size > _KEYED * np.sqrt(floor * chips.chip)
    return keyed


def soft_bits(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> npt.NDArray[np.float64]:
    """Return log-likelihood ratios (packets, coded_bits) of coded 1 over 0.

    Each bit is judged without knowing the phase, except as the ON chips of its neighbours tell it.
    """
    known = chips.sync.size
    turned = chips.turned(track, 2 * coded_bits)
    if accelerator.is_on():
        from ampradio.phy.uplink_soft_loops import log_i0_table, soften_each

        softened = np.empty((turned.shape[0], coded_bits))
        soften_each(turned, chips.sync, _NEIGHBOURS, _SURE, _QUIETEST, log_i0_table(), softened)
        return softened
    word, halves = turned[:, :known], turned[:, known:].reshape(-1, coded_bits, 2)
    amplitude = np.abs(np.add.reduce(word[:, chips.sync > 0], axis=1)) / np.count_nonzero(chips.sync)
    off = word[:, chips.sync == 0]
    noise = np.add.reduce(off.real * off.real + off.imag * off.imag, axis=1) / off.shape[1]
    energy = np.maximum(noise, _QUIETEST * amplitude * amplitude)
    scale = (2 * amplitude / energy)[:, np.newaxis, np.newaxis]
    likely = _log_i0(scale * np.abs(halves))
    soft: npt.NDArray[np.float64] = likely[..., 1] - likely[..., 0]
    for _ in range(2):
        weight = 1 / (1 + np.exp(-np.minimum(np.maximum(soft, -_SURE), _SURE)))
        carrier = halves[..., 0] + weight * (halves[..., 1] - halves[..., 0])
        likely = _log_i0(scale * np.abs(halves + _neighbourhood(carrier)[..., np.newaxis]))
        soft = likely[..., 1] - likely[..., 0]
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
    soft = soft_bits(track, chips, 2 * bits)
    decided = decode(uplink, soft.reshape(soft.shape[0], bits, 2))
    ones = encode(decided, polynomials, uplink.bcc_constraint) > 0
    mended = np.flatnonzero((ones != (soft > 0)).any(axis=1))
    fractions = _FINAL_WINDOWS if mended.size else _FINAL_WINDOWS[-1:]
    track = chips.refine_often(track, 2 * bits, [max(each * chips.chip, _WINDOW_MIN) for each in fractions], ones)
    if mended.size:  # what was decided wrongly had bent the track
        soft = soft_bits(track.of(mended), chips, 2 * bits)
        decided[mended] = decode(uplink, soft.reshape(mended.size, bits, 2))
    return track, decided


def _followed(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int) -> UplinkTrack:
    """Return what ``follow_data`` does, by a compiled loop."""
    from ampradio.phy.uplink_loops import follow_each

    rows, sums = track.as_rows(), np.ascontiguousarray(track.sums)
    better, limits = np.empty_like(rows), (_data_window(chips), clock_limit(chips.tolerance_ppm))
    tables = (_REACHES, _clocks(chips), _STEERED, _STEER_BITS, _FURTHER)
    follow_each(sums, rows, chips.sync, chips.chip, coded_bits, done_bits, *tables, *limits, better)
    return track.moved_to(better)


def _clocks(chips: UplinkChips) -> npt.NDArray[np.float64]:
    return 1 + chips.tolerance_ppm * PPM * _CLOCK_PARTS


def _contest(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> UplinkTrack:
    """Return the best of several tracks over the first ``coded_bits``, each begun under another clock.

    The clocks stay as they are while the carrier is followed: a clock fitted to the first few bits errs by more than
    the next hypothesis is away.
    """
    packets = track.timing.start.size
    clocks = _clocks(chips)
    middle = 0.5 * chips.sync.size * chips.chip
    each = np.repeat(np.arange(packets), _CLOCKS)
    stretch = np.tile(clocks, packets)
    start = track.timing.start[each] + (track.timing.stretch[each] - stretch) * middle
    carrier = CarrierPhase(track.carrier.phase[each], track.carrier.turn[each])
    tried = UplinkTrack(track.sums, ChipTiming(start, stretch), carrier)
    for reach in _CONTEST_BITS:
        tried = chips.turn(tried, min(reach, coded_bits))
    tried = _decided(tried, chips, coded_bits)
    turned = chips.turned(tried, 2 * coded_bits).real
    word, data = turned[:, : chips.sync.size], turned[:, chips.sync.size :]
    score = np.add.reduce(np.abs(data[:, 1::2] - data[:, 0::2]), axis=1) + word @ chips.signs
    kept = np.arange(packets) * _CLOCKS + np.argmax(score.reshape(packets, _CLOCKS), axis=1)
    carrier = CarrierPhase(tried.carrier.phase[kept], tried.carrier.turn[kept])
    return UplinkTrack(track.sums, tried.timing.of(kept), carrier)


def _steered(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int) -> UplinkTrack:
    """Return ``track`` with the clock, among some about it, under which the first ``coded_bits`` look most decided.

    Deciding bits mends a timing that is off by less than half a chip; this finds one that has slipped by more. Then
    they are decided, and correct it.
    """
    middle = 0.5 * (chips.sync.size + 2 * done_bits) * chips.chip
    change = _STEERED * chips.chip / (chips.data_end(2 * coded_bits) - middle)
    every = -(-coded_bits // _STEER_BITS)
    sync, bits = chips.edges(0), chips.data_end(0) + chips.chip * 2 * np.arange(0, coded_bits, every)
    nominal = np.concatenate((sync, bits, bits + chips.chip, bits + 2 * chips.chip))
    tried = track.timing.at(nominal)[:, np.newaxis] + change[:, np.newaxis] * (nominal - middle)
    at = integral_to(track.sums, tried)
    first, step = track.timing.start, track.timing.stretch * chips.chip
    known, count = chips.sync.size, bits.size
    turn = track.carrier.against(first + 0.5 * step, step, known)[:, np.newaxis]
    word = ((at[..., 1 : known + 1] - at[..., :known]) * turn).real
    begin, half, end = (at[..., known + 1 + part * count :][..., :count] for part in range(3))
    turn = track.carrier.against(first + (known + 1) * step, 2 * every * step, count)[:, np.newaxis]
    data = ((end - half - half + begin) * turn).real
    score = np.add.reduce(np.abs(data), axis=2) + word @ chips.signs
    best = change[np.argmax(score, axis=1)]
    timing = ChipTiming(track.timing.start - best * middle, track.timing.stretch + best)
    return _decided(replace(track, timing=timing), chips, coded_bits)


def _decided(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> UplinkTrack:
    return chips.refine(track, coded_bits, _data_window(chips))


def _data_window(chips: UplinkChips) -> float:
    return max(_DATA_WINDOW * chips.chip, _WINDOW_MIN)


def _neighbourhood(carrier: npt.NDArray[np.complex128]) -> npt.NDArray[np.complex128]:
    """Return for each bit the sum of the carrier of its neighbours, itself left out."""
    bits = carrier.shape[1]
    sums = running_sum(carrier, np.complex128)
    index = np.arange(bits)
    around: npt.NDArray[np.complex128] = sums[:, np.minimum(index + _NEIGHBOURS + 1, bits)]
    around -= sums[:, np.maximum(index - _NEIGHBOURS, 0)]
    around -= carrier
    return around


def _log_i0(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    logarithm: npt.NDArray[np.float64] = np.log(i0e(value))
    logarithm += value
    return logarithm
