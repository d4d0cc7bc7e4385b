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
BLOCK = 50  # grid positions searched at once
BANK = (-0.8, -0.4, 0.0, 0.4, 0.8)  # clock hypotheses as fractions of the tolerance
_LOOKAHEAD_CHIPS = 2
_NOISE_SIGMAS = 6.5
_CORRELATION = 0.6
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class EnvelopeSyncHits:
    """Per packet: whether a sync was found, where (power samples), under which clock, and whether complemented.

    ``block`` is where its first position that passes lies; the best one, which counts, may lie in the next.
    """

    found: npt.NDArray[np.bool_]
    timing: ChipTiming
    complemented: npt.NDArray[np.bool_]
    block: npt.NDArray[np.intp]


class EnvelopeSync:
    """The correlator bank for one power sample rate.

    It works on blocks of ``BLOCK`` grid positions, all clocks of a block in one product with a banded matrix, so that
    what it finds in a block does not depend on how many are searched at once.
    """

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
        self._lookahead = _LOOKAHEAD_CHIPS * GRID_PER_CHIP
        self._span = BLOCK + self._lookahead  # positions correlated per block
        self._width = self._span + int(self._offsets.max()) + GRID_PER_CHIP - 1  # grid steps read for them
        self._matrix = self._banded()
        freedom = float(self._signs.size * GRID_PER_CHIP * self.grid * decimation)  # complex DoF in the word
        self._least_contrast = np.float32(_NOISE_SIGMAS / np.sqrt(freedom))
        self._noise_gain = np.float32(_NOISE_SIGMAS * np.sqrt(freedom) / decimation)

    @property
    def block(self) -> int:
        """How many power samples a block of positions spans."""
        return BLOCK * self.grid

    @property
    def block_reach(self) -> int:
        """How many power samples from its first on a block needs to be decided."""
        return self._width * self.grid

    def block_means(self, power: npt.NDArray[np.float32], blocks: int) -> npt.NDArray[np.float64]:
        """Return the mean of each of the first ``blocks`` blocks of ``power`` (1, n), shape (blocks,)."""
        sums = np.add.reduce(power[0, : blocks * self.block].reshape(blocks, self.block), axis=1)
        means: npt.NDArray[np.float64] = sums.astype(np.float64) / self.block
        return means

    def first(self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64]) -> EnvelopeSyncHits:
        """Return the first sync in each row of ``power`` (packets, n), by position of its first edge.

        ``floor`` (packets,) or (packets, blocks) is the tracked noise power per power sample (0 if not known yet).
        Positions whose word does not lie within the row whole, with a little to spare, are not searched.
        """
        packets, size = power.shape
        count = max(0, size // self.grid - (self._width - BLOCK))
        if count == 0:
            return _nothing(packets)
        parts = self._rows(power, count)
        correlation = np.matmul(parts[:, :, np.newaxis], self._matrix)[:, :, 0]
        correlation = correlation.reshape(*parts.shape[:2], len(BANK) + 1, self._span)
        difference, total = correlation[:, :, :-1], correlation[:, :, -1]
        noise = self._noise_gain * floor.astype(np.float32).reshape(packets, -1, 1)
        passed = np.abs(difference) > np.maximum(total * self._least_contrast, noise)[:, :, np.newaxis]
        if not passed.any():
            return _nothing(packets)
        self._keep_alike(parts, passed)
        return self._strongest(difference, passed, count)

    def _rows(self, power: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
        """Return the energies (packets, blocks, width) of the grid steps that each block reads, zero past the end."""
        packets, size = power.shape
        blocks = -(-count // BLOCK)
        steps = size // self.grid
        parts = np.zeros((packets, max(steps, (blocks - 1) * BLOCK + self._width)), np.float32)
        np.add.reduce(power[:, : steps * self.grid].reshape(packets, steps, self.grid), axis=2, out=parts[:, :steps])
        stride, each = parts.strides
        strides = (stride, BLOCK * each, each)
        rows: npt.NDArray[np.float32] = np.ndarray((packets, blocks, self._width), np.float32, parts, 0, strides)
        return np.ascontiguousarray(rows)

    def _keep_alike(self, parts: npt.NDArray[np.float32], passed: npt.NDArray[np.bool_]) -> None:
        """Clear ``passed`` (packets, blocks, clocks, positions) where the chip energies do not look like the word."""
        packet, block, clock, position = np.nonzero(passed)
        step = position[:, np.newaxis] + self._offsets[clock]
        energy = sum(
            parts[packet[:, np.newaxis], block[:, np.newaxis], step + part].astype(np.float64)
            for part in range(GRID_PER_CHIP)
        )
        energy -= energy.mean(axis=1, keepdims=True)
        scale = np.sqrt((energy * energy).sum(axis=1) * self._signs.size)
        passed[packet, block, clock, position] = np.abs(energy @ self._signs) > _CORRELATION * scale

    def _strongest(
        self, difference: npt.NDArray[np.float32], passed: npt.NDArray[np.bool_], count: int
    ) -> EnvelopeSyncHits:
        packets, blocks = passed.shape[:2]
        decided = passed[..., :BLOCK].any(axis=2).reshape(packets, blocks * BLOCK)[:, :count]
        earliest = np.argmax(decided, axis=1)
        row, block, begin = np.arange(packets), earliest // BLOCK, earliest % BLOCK
        ahead = begin[:, np.newaxis] + np.arange(self._lookahead)
        near = (row[:, np.newaxis], block[:, np.newaxis], slice(None), ahead)
        candidate = np.where(passed[near], np.abs(difference[near]), -1).reshape(packets, -1)
        later, clock = np.divmod(np.argmax(candidate, axis=1), len(BANK))
        complemented = difference[row, block, clock, begin + later] < 0
        start = (earliest + later).astype(np.float64) * self.grid
        return EnvelopeSyncHits(decided.any(axis=1), ChipTiming(start, self._clocks[clock]), complemented, block)

    def _banded(self) -> npt.NDArray[np.float32]:
        """Return the matrix (grid steps, (clocks + 1) · positions): ON-minus-OFF per clock, then the energy present."""
        taps = np.zeros((self._width - self._span + 1, len(BANK) + 1), np.float32)
        for part in range(GRID_PER_CHIP):
            for clock, offsets in enumerate(self._offsets):
                np.add.at(taps[:, clock], offsets + part, self._signs)
        taps[: self._signs.size * GRID_PER_CHIP, -1] = 1
        matrix = np.zeros((self._width, len(BANK) + 1, self._span), np.float32)
        for position in range(self._span):
            matrix[position : position + taps.shape[0], :, position] = taps
        return matrix.reshape(self._width, -1)


def _nothing(packets: int) -> EnvelopeSyncHits:
    none = np.zeros(packets)
    return EnvelopeSyncHits(none > 0, ChipTiming(none, none + 1), none > 0, np.zeros(packets, np.intp))
