"""The chips of Types 2 and 3 as a mono-static tag's envelope detector meets them, and the timing fitted to them.

With a clock up to 10 % off, eight chips of sync tell little of it: the clock is found by comparing how decided the
first bits look under all clocks, then followed by the edges. Positions are in power samples from the first edge of the
AMP-Sync. Performance page, section 3, steps 4 to 7; air-interface page, rules 12, 15 and 16.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import mono_static_downlink_chips
from ampradio.phy.command_format import CommandFormat, mono_static
from ampradio.phy.edge_timing import PPM, ChipTiming, fit, powers
from ampradio.phy.running_sum import integral_to
from ampradio.profile.airtime import samples
from ampradio.profile.model import Profile

_SLOPE_STEP = 1.0  # power samples either side over which the template's slope is taken


class MonoTagChips:
    """Nominal chips (sync and data last alike) and what is fitted to them."""

    def __init__(
        self, profile: Profile, sample_rate_sps: int, decimation: int, form: CommandFormat | None = None
    ) -> None:
        """Lay out the chips of ``form``, Types 2 and 3 by default; ValueError for a sample rate that does not fit."""
        form = form or mono_static(profile)
        self.chip = samples(form.chip_ns, sample_rate_sps) / decimation
        self.sync = mono_static_downlink_chips(profile.downlink).astype(np.float64)
        self.tolerance_ppm = float(profile.uplink.mono_chip_tolerance_ppm)
        power = form.on_power(profile, sample_rate_sps)
        self._inside = np.concatenate(([0.0], np.cumsum(power))) / decimation  # energy of an ON chip up to a sample
        self._decimation = decimation

    def edges(self, bits: int) -> npt.NDArray[np.float64]:
        """Return the nominal chip edges (8 + 2·bits + 1,)."""
        return np.arange(self.sync.size + 2 * bits + 1) * self.chip

    def data_end(self, bits: int) -> float:
        """Return the nominal end of the last of ``bits`` bits."""
        return (self.sync.size + 2 * bits) * self.chip

    def bits(self, sums: npt.NDArray[np.float64], timing: ChipTiming, bits: int) -> npt.NDArray[np.uint8]:
        """Return the bits (packets, bits): which half has more energy."""
        at = integral_to(sums, timing.at(self.edges(bits)[self.sync.size :]))
        energy = at[:, 1:] - at[:, :-1]
        return (energy[:, 1::2] > energy[:, ::2]).astype(np.uint8)

    def steered(
        self,
        sums: npt.NDArray[np.float64],
        timing: ChipTiming,
        bits: int,
        starts: npt.NDArray[np.float64],
        clocks: npt.NDArray[np.float64],
        pivot: float,
    ) -> ChipTiming:
        """Return ``timing`` later by one of ``starts``, its clock changed by one of ``clocks``, both (tried,).

        The one counts under which sync and ``bits`` bits look surest; a clock turns about nominal position ``pivot``.
        """
        edges = self.edges(bits)
        tried = timing.at(edges)[:, np.newaxis] + clocks[:, np.newaxis] * (edges - pivot) + starts[:, np.newaxis]
        at = integral_to(sums, tried)
        energy = at[..., 1:] - at[..., :-1]
        known = self.sync.size
        score = np.add.reduce(np.abs(energy[..., known + 1 :: 2] - energy[..., known::2]), axis=2)
        score += energy[..., :known] @ (2 * self.sync - 1)
        # more ON than OFF chips in the sync: a longer one must not win by the energy alone
        score -= (2 * self.sync - 1).sum() * np.add.reduce(energy, axis=2) / energy.shape[2]
        score /= np.sqrt(timing.stretch[:, np.newaxis] + clocks)
        best = np.argmax(score, axis=1)
        stretch = timing.stretch + clocks[best]
        return ChipTiming(timing.start + starts[best] - clocks[best] * pivot, stretch)

    def refine(self, sums: npt.NDArray[np.float64], timing: ChipTiming, bits: int, window: float) -> ChipTiming:
        """Return ``timing`` after it has decided ``bits`` bits and their edges and the sync's have corrected it.

        The windows reach ``window`` nominal power samples either side of an edge. What lies before the sync is not
        known (rule 16), so its first edge does not count.
        """
        edges = self.edges(bits)
        inner = edges[1:-1]
        at = integral_to(sums, timing.at(edges))
        energy = at[:, 1:] - at[:, :-1]
        chips = np.empty(energy.shape)
        known = self.sync.size
        chips[:, :known] = self.sync
        chips[:, known + 1 :: 2] = energy[:, known + 1 :: 2] > energy[:, known::2]
        chips[:, known::2] = 1 - chips[:, known + 1 :: 2]
        count = np.add.reduce(chips, axis=1)
        on = np.add.reduce(energy * chips, axis=1) / count
        off = (np.add.reduce(energy, axis=1) - on * count) / (chips.shape[1] - count)
        after, before = timing.at(inner + window), timing.at(inner - window)
        excess = integral_to(sums, after) - integral_to(sums, before)
        excess -= (2 * window / self.chip * off)[:, np.newaxis]
        excess *= (self.chip / np.where(on > off, on - off, np.inf))[:, np.newaxis]  # of unit ON power
        change = np.diff(chips, axis=1)
        rising = self._within(window), self._slope(window)
        falling = self.chip - self._within(self.chip - window), self._slope(self.chip - window)
        error = np.where(change > 0, (rising[0] - excess) / rising[1], (excess - falling[0]) / falling[1])
        error = np.clip(error, -2 * window, 2 * window) * timing.stretch[:, np.newaxis]
        weight = np.where(change > 0, rising[1] ** 2, falling[1] ** 2) * (change != 0)
        return fit(timing, powers(inner), error, weight, self.tolerance_ppm)

    def slopes(self, chips_gained: npt.NDArray[np.float64], bits: int, pivot: float) -> npt.NDArray[np.float64]:
        """Return the clock changes that gain so many chips between ``pivot`` and the end of ``bits`` bits."""
        return chips_gained * self.chip / (self.data_end(bits) - pivot)

    def clocks(self, count: int) -> npt.NDArray[np.float64]:
        """Return ``count`` changes that lead from the nominal clock over the whole tolerance, (count,)."""
        return np.linspace(-1, 1, count) * self.tolerance_ppm * PPM

    def _within(self, position: float) -> float:
        """Return the energy of an ON chip of unit power up to ``position``, in power samples."""
        return float(np.interp(position * self._decimation, np.arange(self._inside.size), self._inside))

    def _slope(self, position: float) -> float:
        low, high = max(position - _SLOPE_STEP, 0.0), min(position + _SLOPE_STEP, self.chip)
        return (self._within(high) - self._within(low)) / (high - low)
