"""Timing and carrier of an active uplink followed from its AMP-Sync over its data, vectorised over packets.

They are followed over ever longer stretches by deciding coded bits. Where that is in doubt several clocks are tried; a
stretch whose bits are clear is taken as it is. Performance page, section 3, steps 5 and 6.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.edge_timing import PPM, ChipTiming, clock_limit
from ampradio.phy.running_sum import integral_to
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_track import CarrierPhase, UplinkTrack

CLEAR = 0.85
"""How much the halves of bits differ, of all there is in them, for nothing else to be tried: at 14 dB and more."""

_SYNC_WINDOWS = (0.5, 0.5, 0.25)  # of a chip
_DATA_WINDOW = 0.5
_CLOCKS = 9  # tried over the tolerance; bits are decided under each, so neighbours are half a chip apart at the end
_CONTEST_BITS = (16, 32, 64)  # coded bits over which each is given its carrier; over the last they are compared
_STEERING = (0.0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9, -1.2, 1.2)  # chips gained at the end by the clocks tried later
_FURTHER = 1.25  # a stretch longer by less than this is read with the track there is
_STEER_BITS = 256  # at most so many, spread over the stretch, are looked at to steer
WINDOW_MIN = 1.25
"""Samples; an edge inside a sample needs its neighbours whole."""

_CLOCK_PARTS = np.linspace(-1, 1, _CLOCKS)
_REACHES, _STEERED = np.array(_CONTEST_BITS), np.array(_STEERING)
KEYED = 0.96
"""Least mean size of a bit over its noise: 1.2 and more where a frame can be read, 0.85 in noise."""


def sync_windows(chips: UplinkChips) -> list[float]:
    """Return the half widths, in samples, of the windows about the edges of the AMP-Sync, one for each pass."""
    return [max(window * chips.chip, WINDOW_MIN) for window in _SYNC_WINDOWS]


def follow_sync(sums: npt.NDArray[np.complex128], timing: ChipTiming, chips: UplinkChips) -> UplinkTrack:
    """Return timing and carrier fitted to the AMP-Sync alone."""
    zero = np.zeros(sums.shape[0])
    track = UplinkTrack(sums, timing, CarrierPhase(zero, zero))
    return chips.refine_often(track, 0, sync_windows(chips))


def follow_data(track: UplinkTrack, chips: UplinkChips, coded_bits: int, done_bits: int = 0) -> UplinkTrack:
    """Return ``track``, good for ``done_bits``, continued over the first ``coded_bits`` by deciding them.

    From the sync alone (``done_bits`` 0) the clock is not known well enough for that, unless the bits are clear:
    several are followed for a while and the one under which the bits look most decided is kept.
    """
    if accelerator.is_on():
        from ampradio.phy.uplink_follow_loops import follow_each

        rows, sums = track.as_rows(), np.ascontiguousarray(track.sums)
        better = np.empty_like(rows)
        follow_each(sums, rows, chips.sync, chips.chip, coded_bits, done_bits, *following(chips), better)
        return track.moved_to(better)
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


def begun_under_each(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> tuple[UplinkTrack, int]:
    """Return one packet's ``track``, fitted to its sync, begun under each of the clocks there may be, a row for each.

    And how many of the first ``coded_bits`` they are good for.
    """
    clocks, middle = _clocks(chips), 0.5 * chips.sync.size * chips.chip
    each = track.of(np.zeros(_CLOCKS, np.intp))
    timing = ChipTiming(each.timing.start + (each.timing.stretch - clocks) * middle, clocks)
    reach = min(_CONTEST_BITS[-1], coded_bits)
    return _tried(replace(each, timing=timing), chips, reach)[0], reach


def looks_keyed(
    track: UplinkTrack, chips: UplinkChips, coded_bits: int, floor: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Return whether the first ``coded_bits`` stand out of the noise, (packets,); noise taken for a sync does not.

    ``floor`` (packets,) is the noise power per sample; where it is 0 everything stands out.
    """
    if accelerator.is_on():
        from ampradio.phy.uplink_chip_loops import keyed_each

        sizes = np.empty(floor.size)
        sums = np.ascontiguousarray(track.sums)
        keyed_each(sums, track.as_rows(), chips.sync.size, chips.chip, coded_bits, sizes)
        stands_out: npt.NDArray[np.bool_] = sizes > KEYED * np.sqrt(floor * chips.chip)
        return stands_out
    data = chips.turned(track, 2 * coded_bits)[:, chips.sync.size :].real
    size = np.add.reduce(np.abs(data[:, 1::2] - data[:, 0::2]), axis=1) / coded_bits
    keyed: npt.NDArray[np.bool_] = size > KEYED * np.sqrt(floor * chips.chip)
    return keyed


def openness(turned: npt.NDArray[np.complex128]) -> npt.NDArray[np.float64]:
    """Return how much the halves of bits differ, of all there is in them, (…,), for data chips (…, 2·bits)."""
    first, second = turned[..., 0::2], turned[..., 1::2]
    sizes = np.add.reduce(np.abs(first) + np.abs(second), axis=-1)
    differences = np.add.reduce(np.abs(second.real - first.real), axis=-1)
    opened: npt.NDArray[np.float64] = differences / np.where(sizes > 0, sizes, np.inf)
    return opened


def following(
    chips: UplinkChips,
) -> tuple[
    npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64], int, float, float, float, float
]:
    """Return what the loop ``uplink_follow_loops.follow`` wants to know."""
    limits = (_data_window(chips), clock_limit(chips.tolerance_ppm), CLEAR)
    return (_REACHES, _clocks(chips), _STEERED, _STEER_BITS, _FURTHER, *limits)


def _clocks(chips: UplinkChips) -> npt.NDArray[np.float64]:
    return 1 + chips.tolerance_ppm * PPM * _CLOCK_PARTS


def _contest(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> UplinkTrack:
    """Return the best of several tracks over the first ``coded_bits``, each begun under another clock.

    The clocks stay as they are while the carrier is followed: a clock fitted to the first few bits errs by more than
    the next hypothesis is away. Only a track that is clear under the clock of the sync is left at that.
    """
    own, turned = _tried(track, chips, coded_bits)
    rows = np.flatnonzero(openness(turned[:, chips.sync.size :]) <= CLEAR)
    if not rows.size:
        return own
    doubtful = track.of(rows)
    packets = rows.size
    clocks = _clocks(chips)
    middle = 0.5 * chips.sync.size * chips.chip
    each = np.repeat(np.arange(packets), _CLOCKS)
    stretch = np.tile(clocks, packets)
    start = doubtful.timing.start[each] + (doubtful.timing.stretch[each] - stretch) * middle
    carrier = CarrierPhase(doubtful.carrier.phase[each], doubtful.carrier.turn[each])
    tried, turned = _tried(UplinkTrack(doubtful.sums, ChipTiming(start, stretch), carrier), chips, coded_bits)
    word, data = turned.real[:, : chips.sync.size], turned.real[:, chips.sync.size :]
    score = np.add.reduce(np.abs(data[:, 1::2] - data[:, 0::2]), axis=1) + word @ chips.signs
    kept = np.arange(packets) * _CLOCKS + np.argmax(score.reshape(packets, _CLOCKS), axis=1)
    carrier = CarrierPhase(tried.carrier.phase[kept], tried.carrier.turn[kept])
    return own.with_rows(rows, UplinkTrack(doubtful.sums, tried.timing.of(kept), carrier))


def _tried(
    track: UplinkTrack, chips: UplinkChips, coded_bits: int
) -> tuple[UplinkTrack, npt.NDArray[np.complex128]]:
    """Return ``track`` with its carrier followed over the first ``coded_bits``, then its edges; and the chips then."""
    for reach in _CONTEST_BITS:
        track = chips.turn(track, min(reach, coded_bits))
    track = _decided(track, chips, coded_bits)
    return track, chips.turned(track, 2 * coded_bits)


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
    differences = np.add.reduce(np.abs(((end - half - half + begin) * turn).real), axis=2)
    score = differences + word @ chips.signs
    sizes = np.add.reduce(np.abs(end[:, 0] - half[:, 0]) + np.abs(half[:, 0] - begin[:, 0]), axis=1)
    clear = differences[:, 0] > CLEAR * sizes
    best = change[np.where(clear, 0, np.argmax(score, axis=1))]
    timing = ChipTiming(track.timing.start - best * middle, track.timing.stretch + best)
    return _decided(replace(track, timing=timing), chips, coded_bits)


def _decided(track: UplinkTrack, chips: UplinkChips, coded_bits: int) -> UplinkTrack:
    return chips.refine(track, coded_bits, _data_window(chips))


def _data_window(chips: UplinkChips) -> float:
    return max(_DATA_WINDOW * chips.chip, WINDOW_MIN)
