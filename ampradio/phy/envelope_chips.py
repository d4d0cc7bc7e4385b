"""The chips of a Type 1 downlink as an envelope detector meets them: nominal edges and the energy inside an ON chip.

Positions are in power samples (each the energy of ``decimation`` samples) from the first edge of the AMP-Sync.
Air-interface page, section 2 and rules 15 and 16; what is known of the ON symbol is its envelope, not its phase.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.edge_timing import ChipTiming, fit
from ampradio.phy.on_symbol import on_symbol
from ampradio.phy.running_sum import integral_to
from ampradio.profile.model import Profile

_NS_PER_S = 1_000_000_000
_CACHED = 256  # templates kept: about as many as there are frame lengths times windows
_Template = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
_STRADDLE = 1.0  # power samples
_SLOPE_STEP = 1.0  # power samples either side over which the template's slope is taken


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
        self._cache: dict[tuple[int, float, float], tuple[_Template, _Template]] = {}
        self.tolerance_ppm = float(profile.uplink.chip_tolerance_ppm)
        self.sync_chip = down.sync_chip_ns * per_ns
        self.data_chip = data_ns * per_ns
        self.sync_length = self.sync.size * self.sync_chip
        self._sync_energy = _energy_within(on_symbol(down, down.sync_chip_ns, sample_rate_sps), decimation)
        self._data_energy = _energy_within(on_symbol(down, data_ns, sample_rate_sps), decimation)

    def edges(self, data_chips: int) -> npt.NDArray[np.float64]:
        """Return the nominal chip edges (40 + data_chips + 1,) of sync and data."""
        sync = np.arange(self.sync.size) * self.sync_chip
        return np.concatenate((sync, self.sync_length + np.arange(data_chips + 1) * self.data_chip))

    def data_end(self, data_chips: int) -> float:
        """Return the nominal end of the last of ``data_chips`` data chips."""
        return self.sync_length + data_chips * self.data_chip

    def refine(
        self,
        sums: npt.NDArray[np.float64],
        timing: ChipTiming,
        data: npt.NDArray[np.int8],
        sync_window: float,
        data_window: float,
    ) -> ChipTiming:
        """Return ``timing`` after one pass of edge regression over the sync and decided ``data`` chips (packets, m).

        The windows reach that many power samples either side of an edge.
        """
        chips = np.concatenate((np.broadcast_to(self.sync, (data.shape[0], self.sync.size)), data), axis=1)
        edges = self.edges(data.shape[1])
        energy = np.diff(integral_to(sums, timing.at(edges)), axis=1)
        on, off = _levels(energy, chips, np.diff(edges))
        polarity = np.diff(chips, axis=1)
        inner = edges[1:-1]
        window = np.where(inner <= self.sync_length, sync_window, data_window)
        centre = timing.at(inner)
        found = integral_to(sums, centre + window) - integral_to(sums, centre - window) - 2 * window * off
        (rise, rise_slope), (fall, fall_slope) = self._templates(data.shape[1], sync_window, data_window)
        excess = found / np.where(on > off, on - off, np.inf)
        error = np.where(polarity > 0, (rise - excess) / rise_slope, (excess - fall) / fall_slope)
        weight = np.where(polarity > 0, rise_slope, fall_slope) ** 2 * (polarity != 0)
        reach = np.abs(error) <= 2 * window
        return fit(timing, inner, np.where(reach, error, np.sign(error) * 2 * window), weight, self.tolerance_ppm)

    def _templates(self, data_chips: int, sync_window: float, data_window: float) -> tuple[_Template, _Template]:
        key = (data_chips, sync_window, data_window)
        if key not in self._cache:
            if len(self._cache) >= _CACHED:
                self._cache.clear()
            inner = self.edges(data_chips)[1:-1]
            window = np.where(inner <= self.sync_length, sync_window, data_window)
            self._cache[key] = (
                self._expected(inner, window, rising=True),
                self._expected(inner, window, rising=False),
            )
        return self._cache[key]

    def _expected(self, inner: npt.NDArray[np.float64], window: npt.NDArray[np.float64], *, rising: bool) -> _Template:
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
    energy = np.diff(integral_to(sums, timing.at(edges)), axis=1)
    ones = energy[:, 1::2] > energy[:, 0::2]
    decided = np.stack((~ones, ones), axis=2).reshape(sums.shape[0], 2 * bits)
    return ones.astype(np.uint8), decided.astype(np.int8)


def levels(
    sums: npt.NDArray[np.float64], timing: ChipTiming, chips: EnvelopeChips, data: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean power (per power sample) of the ON and of the OFF chips, sync and decided ``data``, (packets,).

    Only the inside of each chip counts, so that a sample which straddles an edge does not look like noise.
    """
    known = np.concatenate((np.broadcast_to(chips.sync, (data.shape[0], chips.sync.size)), data), axis=1)
    position = timing.at(chips.edges(data.shape[1]))
    inside = np.stack((position[:, :-1] + _STRADDLE, position[:, 1:] - _STRADDLE), axis=2)
    energy = np.diff(integral_to(sums, inside.reshape(sums.shape[0], -1)).reshape(inside.shape), axis=2)[..., 0]
    off = _levels(energy, known, np.diff(inside, axis=2)[..., 0])[1]
    on = _levels(np.diff(integral_to(sums, position), axis=1), known, np.diff(position, axis=1))[0]
    return on[:, 0], off[:, 0]


def _levels(
    energy: npt.NDArray[np.float64], chips: npt.NDArray[np.int8], length: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    on = chips > 0
    length = np.broadcast_to(length, chips.shape)
    on_power = (energy * on).sum(axis=1) / (length * on).sum(axis=1)
    off_power = (energy * ~on).sum(axis=1) / (length * ~on).sum(axis=1)
    return on_power[:, np.newaxis], off_power[:, np.newaxis]


def _energy_within(symbol: npt.NDArray[np.complex64], decimation: int) -> npt.NDArray[np.float64]:
    """Return the running energy of an ON symbol at every sample, its mean power scaled to 1 per power sample."""
    power = np.abs(symbol.astype(np.complex128)) ** 2
    energy: npt.NDArray[np.float64] = np.concatenate(([0.0], np.cumsum(power))) / decimation
    return energy
