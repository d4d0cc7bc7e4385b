"""Search for the downlink AMP-Sync in envelope power, under any chip clock the draft allows, for both rates at once.

The sync word announces 250 kb/s, its complement 1 Mb/s (rule 15), so one correlator with two signs reads the rate.
A position counts when the ON-minus-OFF energy exceeds a tracked noise floor and the energy present (Wi-Fi bursts), and
when its 40 chip energies correlate with the word. Performance page, sections 1 (Sync) and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.profile.model import Profile

GRID_PER_CHIP = 4
BANK = (-0.8, -0.4, 0.0, 0.4, 0.8)  # clock hypotheses as fractions of the tolerance
_LOOKAHEAD_CHIPS = 2
_NOISE_SIGMAS = 6.5
_CORRELATION = 0.6
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class EnvelopeSyncHits:
    """Per packet: whether a sync was found, where (power samples), under which clock, and whether complemented."""

    found: npt.NDArray[np.bool_]
    timing: ChipTiming
    complemented: npt.NDArray[np.bool_]


class EnvelopeSync:
    """The correlator bank for one power sample rate."""

    def __init__(self, profile: Profile, sample_rate_sps: int, decimation: int) -> None:
        """Prepare the bank; ValueError if a quarter of a sync chip is not a whole number of power samples."""
        down = profile.downlink
        self.grid, rest = divmod(down.sync_chip_ns * sample_rate_sps, _NS_PER_S * decimation * GRID_PER_CHIP)
        if rest or self.grid < 1:
            raise ValueError(f"a quarter sync chip is not whole at {sample_rate_sps} S/s decimated by {decimation}")
        self._signs = downlink_chips(down, down.rate_low_bps).astype(np.float32) * 2 - 1
        self._clocks = 1 + np.array(BANK) * profile.uplink.chip_tolerance_ppm * PPM
        chip = np.arange(self._signs.size)
        self._offsets = np.rint(chip * GRID_PER_CHIP * self._clocks[:, np.newaxis]).astype(np.intp)
        self._taps = int(self._offsets.max()) + 1
        self._bank = np.zeros((self._taps, 2 * len(BANK)), np.float32)
        for entry, offsets in enumerate(self._offsets):
            self._bank[offsets, entry] = self._signs
            self._bank[offsets, len(BANK) + entry] = 1
        self._freedom = float(self._signs.size * GRID_PER_CHIP * self.grid * decimation)  # complex DoF in the word
        self._per_power_sample = float(decimation)
        self._lookahead = _LOOKAHEAD_CHIPS * GRID_PER_CHIP

    @property
    def reach(self) -> int:
        """How many power samples after a position must be known before a sync that begins there is decided."""
        return (self._taps + GRID_PER_CHIP - 1 + self._lookahead) * self.grid

    def positions(self, power_samples: int) -> int:
        """Return how many grid positions can be decided in that many power samples."""
        return max(0, (power_samples - self.reach) // self.grid + 1)

    def first(self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64]) -> EnvelopeSyncHits:
        """Return the first sync in each row of ``power`` (packets, n), by position of its first edge.

        ``floor`` (packets,) is the tracked noise power per power sample (0 if not known yet).
        """
        chip = self._chip_sums(power)
        count = self.positions(power.shape[1])
        packets = power.shape[0]
        if count == 0:
            none = np.zeros(packets)
            return EnvelopeSyncHits(none > 0, ChipTiming(none, none + 1), none > 0)
        difference, passed = self._gates(chip, count + self._lookahead, floor)
        any_clock = passed[:, :count].any(axis=2)
        found = any_clock.any(axis=1)
        earliest = np.argmax(any_clock, axis=1)
        peak, clock = self._peak(difference, passed, earliest)
        value = difference[np.arange(packets), peak, clock]
        start = peak.astype(np.float64) * self.grid
        return EnvelopeSyncHits(found, ChipTiming(start, self._clocks[clock]), value < 0)

    def _chip_sums(self, power: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        parts = power.shape[1] // self.grid
        part = power[:, : parts * self.grid].reshape(power.shape[0], parts, self.grid).sum(axis=2)
        sums: npt.NDArray[np.float32] = part[:, : parts - GRID_PER_CHIP + 1].copy()
        for shift in range(1, GRID_PER_CHIP):
            sums += part[:, shift : shift + sums.shape[1]]
        return sums

    def _gates(
        self, chip: npt.NDArray[np.float32], count: int, floor: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        packets = chip.shape[0]
        windows = np.lib.stride_tricks.sliding_window_view(chip, self._taps, axis=1)[:, :count]
        sums = np.matmul(np.ascontiguousarray(windows), self._bank)
        difference, total = sums[..., : len(BANK)], sums[..., len(BANK) :]
        root = np.sqrt(self._freedom)
        noise = np.float32(root) * floor.astype(np.float32) / np.float32(self._per_power_sample)
        size = np.abs(difference)
        passed = (size * np.float32(root) > _NOISE_SIGMAS * total) & (size > _NOISE_SIGMAS * noise[:, None, None])
        where = np.argwhere(passed)
        if where.size:
            packet, position, clock = where.T
            energy = chip[packet[:, np.newaxis], position[:, np.newaxis] + self._offsets[clock]].astype(np.float64)
            energy -= energy.mean(axis=1, keepdims=True)
            match = np.abs(energy @ self._signs)
            scale = np.sqrt((energy * energy).sum(axis=1) * self._signs.size)
            passed[packet, position, clock] = match > _CORRELATION * scale
        return difference.reshape(packets, count, len(BANK)), passed

    def _peak(
        self, difference: npt.NDArray[np.float32], passed: npt.NDArray[np.bool_], earliest: npt.NDArray[np.intp]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        packets = difference.shape[0]
        near = earliest[:, np.newaxis] + np.arange(self._lookahead)
        row = np.arange(packets)[:, np.newaxis]
        candidate = np.where(passed[row, near], np.abs(difference[row, near]), -1).reshape(packets, -1)
        best = np.argmax(candidate, axis=1)
        return earliest + best // len(BANK), best % len(BANK)
