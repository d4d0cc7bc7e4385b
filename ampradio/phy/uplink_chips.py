"""The chips of an active uplink as the AP's complex samples show them: timing and carrier tracked over known chips.

Performance page, section 3, steps 3 to 5; what is fitted is a ``uplink_track.UplinkTrack``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.amp_sync import uplink_chips
from ampradio.phy.edge_timing import clock_limit, fit, powers
from ampradio.phy.running_sum import integral_to
from ampradio.phy.uplink_track import CarrierPhase, UplinkTrack
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_NS_PER_S = 1_000_000_000


class UplinkChips:
    """Nominal chips of one uplink kind and rate and the fit made on them."""

    def __init__(
        self, profile: Profile, rate_bps: int, sample_rate_sps: int, kind: PpduKind = PpduKind.UL_ACTIVE
    ) -> None:
        """Lay out the chips; ValueError for a rate that does not exist."""
        self.sync = uplink_chips(profile.uplink, kind).astype(np.int8)
        self.kind = kind
        self.rate_bps = rate_bps
        self.chip = uplink_chip_ns(profile, kind, rate_bps) * sample_rate_sps / _NS_PER_S
        self.tolerance_ppm = float(profile.uplink.chip_tolerance_ppm)
        self.signs = 2.0 * self.sync - 1
        self._sync_on = np.flatnonzero(self.sync)
        self._edges, self._powers = np.empty(0), np.empty((0, 3))
        accelerator.prepare("ampradio.phy.uplink_chip_loops", "ampradio.phy.uplink_fit_loops")
        accelerator.prepare("ampradio.phy.uplink_follow_loops", "ampradio.phy.uplink_soft_loops")
        accelerator.prepare("ampradio.phy.running_sum_loops", "ampradio.phy.viterbi_loop")

    def edges(self, data_chips: int) -> npt.NDArray[np.float64]:
        """Return the nominal chip edges (48 + data_chips + 1,)."""
        count = self.sync.size + data_chips + 1
        if count > self._edges.size:
            self._edges = np.arange(2 * count) * self.chip
            self._powers = powers(self._edges)
        return self._edges[:count]

    def data_end(self, data_chips: int) -> float:
        """Return the nominal end of the last of ``data_chips`` data chips."""
        return (self.sync.size + data_chips) * self.chip

    def turned(self, track: UplinkTrack, data_chips: int) -> npt.NDArray[np.complex128]:
        """Return the integrals of sync and data chips with the carrier turned onto the real axis, (packets, chips)."""
        if accelerator.is_on():
            from ampradio.phy.uplink_chip_loops import turn_each

            tracks = track.as_rows()
            integrals = np.empty((tracks.shape[0], self.sync.size + data_chips), np.complex128)
            turn_each(np.ascontiguousarray(track.sums), tracks, self.chip, integrals)
            return integrals
        return self._turned(_at(track.sums, track.timing.at(self.edges(data_chips))), track)

    def turn(self, track: UplinkTrack, coded_bits: int) -> UplinkTrack:
        """Return ``track`` with its carrier fitted over the sync and the first ``coded_bits``, decided as they look."""
        if accelerator.is_on():
            return self._refined(track, coded_bits, (0.0,), None)
        carrier, _ = self._fit_carrier(track, *self._on_chips(self.turned(track, 2 * coded_bits)))
        return UplinkTrack(track.sums, track.timing, carrier)

    def refine(
        self, track: UplinkTrack, coded_bits: int, window: float, ones: npt.NDArray[np.bool_] | None = None
    ) -> UplinkTrack:
        """Return ``track`` corrected over the sync and the first ``coded_bits``: carrier phase, then chip edges.

        ``ones`` (packets, coded_bits) are those bits; None: each is decided as the track shows it. The windows of the
        edge regression reach ``window`` samples either side.
        """
        if accelerator.is_on():
            return self._refined(track, coded_bits, (window,), ones)
        edges = self.edges(2 * coded_bits)
        position = track.timing.at(edges)
        at = _at(track.sums, position[:, np.newaxis] + np.array([[0.0], [-window], [window]]))
        turned = self._turned(at[:, 0], track)
        on, ones = self._on_chips(turned, ones)
        carrier, amplitude = self._fit_carrier(track, on, ones)
        step = track.timing.stretch * self.chip
        across = at[:, 2, 1:-1] - at[:, 1, 1:-1]
        across *= carrier.against(track.timing.start + step, step, edges.size - 2)
        polarity = self._polarity(ones).astype(np.float64)
        error = window - across.real / np.where(amplitude > 0, amplitude / self.chip, np.inf)[:, np.newaxis]
        error *= polarity
        np.minimum(error, 2 * window, out=error)
        np.maximum(error, -2 * window, out=error)
        timing = fit(track.timing, self._powers[1 : edges.size - 1], error, np.abs(polarity), self.tolerance_ppm)
        return UplinkTrack(track.sums, timing, carrier)

    def refine_often(
        self,
        track: UplinkTrack,
        coded_bits: int,
        windows: Sequence[float],
        ones: npt.NDArray[np.bool_] | None = None,
    ) -> UplinkTrack:
        """Return ``track`` after ``refine`` with each of ``windows`` in turn."""
        if accelerator.is_on():
            return self._refined(track, coded_bits, windows, ones)
        for window in windows:
            track = self.refine(track, coded_bits, window, ones)
        return track

    def _refined(
        self, track: UplinkTrack, coded_bits: int, windows: Sequence[float], ones: npt.NDArray[np.bool_] | None
    ) -> UplinkTrack:
        from ampradio.phy.uplink_fit_loops import refine_each

        tracks = track.as_rows()
        given = np.empty((tracks.shape[0], 0), np.bool_) if ones is None else np.ascontiguousarray(ones)
        better, sums = np.empty_like(tracks), np.ascontiguousarray(track.sums)
        limit = clock_limit(self.tolerance_ppm)
        refine_each(sums, tracks, self.sync, self.chip, coded_bits, given, np.array(windows), limit, better)
        return track.moved_to(better)

    def _turned(self, at: npt.NDArray[np.complex128], track: UplinkTrack) -> npt.NDArray[np.complex128]:
        step = track.timing.stretch * self.chip
        integrals = at[:, 1:] - at[:, :-1]
        integrals *= track.carrier.against(track.timing.start + 0.5 * step, step, integrals.shape[1])
        return integrals

    def _on_chips(
        self, turned: npt.NDArray[np.complex128], ones: npt.NDArray[np.bool_] | None = None
    ) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.bool_]]:
        """Return the ON chips of sync and data, and the data bits they follow from: ``ones``, or as they look."""
        first, second = turned[:, self.sync.size :: 2], turned[:, self.sync.size + 1 :: 2]
        if ones is None:
            ones = second.real > first.real
        return np.concatenate((turned[:, self._sync_on], np.where(ones, second, first)), axis=1), ones

    def _fit_carrier(
        self, track: UplinkTrack, on: npt.NDArray[np.complex128], ones: npt.NDArray[np.bool_]
    ) -> tuple[CarrierPhase, npt.NDArray[np.float64]]:
        """Return the carrier after a phase regression over the ``on`` chips, and their mean amplitude (packets,)."""
        packets, count = on.shape
        chip = np.empty((packets, count))
        chip[:, : self._sync_on.size] = self._sync_on
        chip[:, self._sync_on.size :] = np.arange(self.sync.size, self.sync.size + 2 * ones.shape[1], 2)
        chip[:, self._sync_on.size :] += ones
        middle = np.add.reduce(chip, axis=1) / count
        chip -= middle[:, np.newaxis]
        mean = np.add.reduce(on, axis=1) / count
        size = np.maximum(np.abs(mean), np.finfo(np.float64).tiny)
        on = on * (mean.conj() / size)[:, np.newaxis]
        slope = np.add.reduce(on.imag * chip, axis=1) / (np.add.reduce(chip * chip, axis=1) * size)
        chip *= slope[:, np.newaxis]
        # amplitude with that slope taken out, to second order
        aligned = on.real * (1 - 0.5 * chip * chip) + on.imag * chip
        step = track.timing.stretch * self.chip
        turn = slope / step
        phase = np.angle(mean) - turn * (track.timing.start + step * (middle + 0.5))
        carrier = CarrierPhase(track.carrier.phase + phase, track.carrier.turn + turn)
        return carrier, np.add.reduce(aligned, axis=1) / count

    def _polarity(self, ones: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
        """Return the change at every edge between the sync and data chips of ``ones``: 1 rising, −1 falling, 0 none."""
        known = self.sync.size
        chips = np.empty((ones.shape[0], known + 2 * ones.shape[1]), np.int8)
        chips[:, :known] = self.sync
        chips[:, known + 1 :: 2] = ones
        np.logical_not(ones, out=chips[:, known::2], casting="unsafe")
        polarity: npt.NDArray[np.int8] = chips[:, 1:] - chips[:, :-1]
        return polarity


def _at(sums: npt.NDArray[np.complex128], position: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """Return the running sum at ``position`` (packets, …), the packets several to each row of ``sums``."""
    if not position.size:
        return np.empty(position.shape, np.complex128)
    return integral_to(sums, position.reshape(sums.shape[0], -1)).reshape(position.shape)
