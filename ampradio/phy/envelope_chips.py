"""The chips of a Type 1 downlink as an envelope detector meets them: nominal edges and the energy inside an ON chip.

Positions are in power samples (each the energy of ``decimation`` samples) from the first edge of the AMP-Sync.
Air-interface page, section 2 and rules 15 and 16; what is known of the ON symbol is its envelope, not its phase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.edge_timing import ChipTiming, clock_limit, fit, powers
from ampradio.phy.on_symbol import on_symbol
from ampradio.phy.running_sum import integral_to
from ampradio.profile.model import Profile

_NS_PER_S = 1_000_000_000
STRADDLE = 1.0  # power samples
_SLOPE_STEP = 1.0  # power samples either side over which the template's slope is taken
AROUND = 16
"""Chips either side of an edge that tell what ON and OFF are there; the gain may have changed in between."""


@dataclass(frozen=True, eq=False)
class EdgeWindows:
    """What windows about chip edges 1… (of sync and data chips) hold, for unit ON power.

    ``half`` is their half width in power samples; ``on`` the ON energy inside, ``slope`` its change per power sample
    that the edge is late, signed, each (2, edges) for falling and rising edges; ``bounds`` (2, edges + 1) is where
    the windows of edges 0… begin and end about their edge.
    """

    half: npt.NDArray[np.float64]
    on: npt.NDArray[np.float64]
    slope: npt.NDArray[np.float64]
    bounds: npt.NDArray[np.float64]


class EnvelopeChips:
    """Nominal chip edges of one downlink rate: the 40 sync chips, then data chips (AMP-SIG and AMP-Data)."""

    def __init__(self, profile: Profile, rate_bps: int, sample_rate_sps: int, decimation: int) -> None:
        """Lay out the chips; ValueError for a rate or sample rate that does not fit."""
        down = profile.downlink
        self.sync = downlink_chips(down, rate_bps).astype(np.int8)
        data_ns = {down.rate_low_bps: down.chip_250k_ns, down.rate_high_bps: down.chip_1m_ns}[rate_bps]
        per_ns = sample_rate_sps / decimation / _NS_PER_S
        self.rate_bps = rate_bps
        self._decimation = decimation
        self.tolerance_ppm = float(profile.uplink.chip_tolerance_ppm)
        self.sync_chip = down.sync_chip_ns * per_ns
        self.data_chip = data_ns * per_ns
        self.sync_length = self.sync.size * self.sync_chip
        self._sync_energy = _energy_within(on_symbol(down, down.sync_chip_ns, sample_rate_sps), decimation)
        self._data_energy = _energy_within(on_symbol(down, data_ns, sample_rate_sps), decimation)
        longest = profile.mac.header_octets + profile.mac.body_octets_max + profile.mac.fcs_octets
        self._edges = self._laid_out(16 * (down.sig_octets + longest))
        self._powers = powers(self._edges)
        self._windows: dict[tuple[float, float], EdgeWindows] = {}
        accelerator.prepare("ampradio.phy.envelope_loops", "ampradio.phy.running_sum_loops")
        accelerator.prepare("ampradio.phy.envelope_contest_loops")

    def edges(self, data_chips: int) -> npt.NDArray[np.float64]:
        """Return the nominal chip edges (40 + data_chips + 1,) of sync and data."""
        count = self.sync.size + data_chips + 1
        if count > self._edges.size:
            self._edges = self._laid_out(data_chips)
            self._powers = powers(self._edges)
        return self._edges[:count]

    def data_end(self, data_chips: int) -> float:
        """Return the nominal end of the last of ``data_chips`` data chips."""
        return self.sync_length + data_chips * self.data_chip

    def refine(
        self,
        sums: npt.NDArray[np.float64],
        timing: ChipTiming,
        bits: int,
        sync_window: float,
        data_window: float,
    ) -> ChipTiming:
        """Return ``timing`` after it has decided ``bits`` bits and their edges and the sync's have corrected it.

        One pass of edge regression; the windows reach that many power samples either side of an edge.
        """
        known = self.sync.size
        edges = self.edges(2 * bits)
        inner = edges.size - 2
        windows = self.windows(sync_window, data_window, inner)
        if accelerator.is_on():
            from ampradio.phy.envelope_loops import refine_each

            better = np.stack((timing.start, timing.stretch))
            limit = clock_limit(self.tolerance_ppm)
            refine_each(sums, edges, self.sync, windows.half, windows.on, windows.slope, AROUND, limit, better)
            return ChipTiming(better[0], better[1])
        position = np.empty((sums.shape[0], 3, edges.size))
        position[:, 0] = timing.at(edges)
        np.add(position[:, :1], windows.bounds[:, : edges.size], out=position[:, 1:])
        at = integral_to(sums, position)
        energy = at[:, 0, 1:] - at[:, 0, :-1]
        chips = np.empty(energy.shape, np.int8)
        chips[:, :known] = self.sync
        np.greater(energy[:, known + 1 :: 2], energy[:, known::2], out=chips[:, known + 1 :: 2], casting="unsafe")
        np.subtract(1, chips[:, known + 1 :: 2], out=chips[:, known::2])
        on, off = _levels_about(at[:, 0], energy, edges, chips)
        half = windows.half[:inner]
        excess = at[:, 2, 1:-1] - at[:, 1, 1:-1] - 2 * half * off
        excess /= np.where(on > off, on - off, np.inf)
        polarity = chips[:, 1:] - chips[:, :-1]
        rising = polarity > 0
        slope = np.where(rising, windows.slope[1, :inner], windows.slope[0, :inner])
        error = np.where(rising, windows.on[1, :inner], windows.on[0, :inner])
        error -= excess
        error /= slope
        np.minimum(error, 2 * half, out=error)
        np.maximum(error, -2 * half, out=error)
        slope *= slope
        slope *= polarity != 0
        return fit(timing, self._powers[1 : inner + 1], error, slope, self.tolerance_ppm)

    def _laid_out(self, data_chips: int) -> npt.NDArray[np.float64]:
        sync = np.arange(self.sync.size) * self.sync_chip
        return np.concatenate((sync, self.sync_length + np.arange(data_chips + 1) * self.data_chip))

    def windows(self, sync_window: float, data_window: float, inner: int) -> EdgeWindows:
        """Return what is expected about the first ``inner`` inner edges, or more, in windows of these half widths."""
        key = (sync_window, data_window)
        if key not in self._windows or self._windows[key].half.size < inner:
            self._windows[key] = self._prepared(sync_window, data_window)
        return self._windows[key]

    def _prepared(self, sync_window: float, data_window: float) -> EdgeWindows:
        inner = self._edges[1:]
        half = np.where(inner <= self.sync_length, sync_window, data_window)
        rise, rise_slope = self._expected(inner, half, rising=True)
        fall, fall_slope = self._expected(inner, half, rising=False)
        about = np.concatenate((half[:1], half))
        return EdgeWindows(
            half, np.stack((fall, rise)), np.stack((-fall_slope, rise_slope)), np.stack((-about, about))
        )

    def _expected(
        self, inner: npt.NDArray[np.float64], window: npt.NDArray[np.float64], *, rising: bool
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return ON energy inside the window on the ON side of each edge for unit ON power, and its slope."""
        in_sync = inner < self.sync_length if rising else inner <= self.sync_length
        length = np.where(in_sync, self.sync_chip, self.data_chip)
        towards = window if rising else length - window

        def within(position: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            sample = position * self._decimation
            sync = np.interp(sample, np.arange(self._sync_energy.size), self._sync_energy)
            data = np.interp(sample, np.arange(self._data_energy.size), self._data_energy)
            return np.where(in_sync, sync, data)

        low, high = np.maximum(towards - _SLOPE_STEP, 0), np.minimum(towards + _SLOPE_STEP, length)
        slope = (within(high) - within(low)) / (high - low)
        energy = within(towards) if rising else within(length) - within(towards)
        return energy, slope


def bits_of(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, bits: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int8]]:
    """Return the Manchester bits (packets, bits) after the sync, by comparing half-bit energies, and their chips."""
    edges = chips.edges(2 * bits)[chips.sync.size :]
    if accelerator.is_on():
        from ampradio.phy.envelope_loops import decide_each

        read = np.empty((sums.shape[0], 2 * bits), np.int8)
        decide_each(sums, timing.start, timing.stretch, edges, read)
        return read[:, 1::2].astype(np.uint8), read
    at = integral_to(sums, timing.at(edges))
    energy = at[:, 1:] - at[:, :-1]
    decided = np.empty(energy.shape, np.int8)
    np.greater(energy[:, 1::2], energy[:, 0::2], out=decided[:, 1::2], casting="unsafe")
    ones = decided[:, 1::2].astype(np.uint8)
    np.subtract(1, decided[:, 1::2], out=decided[:, 0::2])
    return ones, decided


def differences_of(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, bits: int
) -> npt.NDArray[np.float64]:
    """Return how much more energy the second half of each bit after the sync has than the first (packets, bits)."""
    at = integral_to(sums, timing.at(chips.edges(2 * bits)[chips.sync.size :]))
    return (at[:, 2::2] - at[:, 1::2]) - (at[:, 1::2] - at[:, :-1:2])


def levels(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, data: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean power (per power sample) of the ON and of the OFF chips, sync and decided ``data``, (packets,).

    Only the inside of each OFF chip counts, so that a sample which straddles an edge does not look like noise.
    """
    word = np.broadcast_to(chips.sync, (data.shape[0], chips.sync.size))
    decided = np.concatenate((word, data), axis=1)
    if accelerator.is_on():
        from ampradio.phy.envelope_loops import levels_each

        means = np.empty((2, data.shape[0]))
        levels_each(sums, timing.start, timing.stretch, chips.edges(data.shape[1]), decided, STRADDLE, means)
        return means[0], means[1]
    on = decided > 0
    begin, end = (position := timing.at(chips.edges(data.shape[1])))[:, :-1], position[:, 1:]
    at = integral_to(sums, np.stack((begin, end, begin + STRADDLE, end - STRADDLE), axis=1))
    on_power = np.add.reduce((at[:, 1] - at[:, 0]) * on, axis=1) / np.add.reduce((end - begin) * on, axis=1)
    off_length = (end - begin - 2 * STRADDLE) * ~on
    return on_power, np.add.reduce((at[:, 3] - at[:, 2]) * ~on, axis=1) / np.add.reduce(off_length, axis=1)


def _levels_about(
    at: npt.NDArray[np.float64],
    energy: npt.NDArray[np.float64],
    edges: npt.NDArray[np.float64],
    chips: npt.NDArray[np.int8],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean ON and OFF power about each inner edge (packets, chips − 1).

    ``at`` (packets, chips + 1) is the running sum at the ``edges``, ``energy`` (packets, chips) what lies between.
    """
    on = np.zeros((2, *at.shape))
    np.cumsum(energy * chips, axis=1, out=on[0, :, 1:])
    np.cumsum((edges[1:] - edges[:-1]) * chips, axis=1, out=on[1, :, 1:])
    edge = np.arange(1, chips.shape[1])
    low, high = np.maximum(edge - AROUND, 0), np.minimum(edge + AROUND, chips.shape[1])
    on_energy, on_length = on[:, :, high] - on[:, :, low]
    off_energy = at[:, high] - at[:, low] - on_energy
    return on_energy / on_length, off_energy / (edges[high] - edges[low] - on_length)


def _energy_within(symbol: npt.NDArray[np.complex64], decimation: int) -> npt.NDArray[np.float64]:
    """Return the running energy of an ON symbol at every sample, its mean power scaled to 1 per power sample."""
    power = np.abs(symbol.astype(np.complex128)) ** 2
    energy: npt.NDArray[np.float64] = np.concatenate(([0.0], np.cumsum(power))) / decimation
    return energy
