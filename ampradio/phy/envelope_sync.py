"""Search for the downlink AMP-Sync in envelope power, under any chip clock the draft allows, for both rates at once.

The sync word announces 250 kb/s, its complement 1 Mb/s (rule 15), so one correlator with two signs reads the rate.
A position counts when the ON-minus-OFF energy exceeds a tracked noise floor and the energy present (Wi-Fi bursts), and
when its 40 chip energies correlate with the word. Performance page, sections 1 (Sync) and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.amp_sync import downlink_chips
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.profile.model import Profile

GRID_PER_CHIP = 4
BLOCK = 50  # grid positions searched at once
_SUB_BLOCKS = 2  # correlated apart, by a smaller matrix
_AT_ONCE = 4  # ON chips, and OFF chips, that the compiled loop adds in one pass
BANK = (-0.8, -0.4, 0.0, 0.4, 0.8)  # clock hypotheses as fractions of the tolerance
_LOOKAHEAD_CHIPS = 2
NOISE_SIGMAS = 6.5  # ON minus OFF, over its standard deviation in noise
LIKENESS = 0.6  # least correlation of the chip energies with the word
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

    def __init__(
        self,
        profile: Profile,
        sample_rate_sps: int,
        decimation: int,
        *,
        sigmas: float = NOISE_SIGMAS,
        likeness: float = LIKENESS,
        clocks: Sequence[float] = BANK,
    ) -> None:
        """Prepare the bank of ``clocks``; ValueError if a quarter of a sync chip is not whole power samples.

        Other thresholds than the default ``sigmas`` and ``likeness`` are for counting what they let through.
        """
        down = profile.downlink
        self.grid, rest = divmod(down.sync_chip_ns * sample_rate_sps, _NS_PER_S * decimation * GRID_PER_CHIP)
        if rest or self.grid < 1:
            raise ValueError(f"a quarter sync chip is not whole at {sample_rate_sps} S/s decimated by {decimation}")
        self._signs = downlink_chips(down, down.rate_low_bps).astype(np.float32) * 2 - 1
        self._clocks = 1 + np.array(clocks) * profile.uplink.chip_tolerance_ppm * PPM
        chip = np.arange(self._signs.size)
        self._offsets = np.rint(chip * GRID_PER_CHIP * self._clocks[:, np.newaxis]).astype(np.intp)
        self._more, self._less = (np.ascontiguousarray(self._offsets[:, self._signs == sign]) for sign in (1, -1))
        self._has_loop = self._more.shape == self._less.shape and self._more.shape[1] % _AT_ONCE == 0
        self._lookahead = _LOOKAHEAD_CHIPS * GRID_PER_CHIP
        self._span = BLOCK + self._lookahead  # positions correlated per block
        self._width = self._span + int(self._offsets.max()) + GRID_PER_CHIP - 1  # grid steps read for them
        self._likeness = likeness
        self._matrix = self._banded()
        accelerator.prepare("ampradio.phy.envelope_sync_loops")
        freedom = float(self._signs.size * GRID_PER_CHIP * self.grid * decimation)  # complex DoF in the word
        self._least_contrast = np.float32(sigmas / np.sqrt(freedom))
        self._noise_gain = np.float32(sigmas * np.sqrt(freedom) / decimation)

    @property
    def block(self) -> int:
        """How many power samples a block of positions spans."""
        return BLOCK * self.grid

    @property
    def block_reach(self) -> int:
        """How many power samples from its first on a block needs to be decided."""
        return self._width * self.grid

    def first(
        self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64], begin: int = 0
    ) -> EnvelopeSyncHits:
        """Return the first sync in each row of ``power`` (packets, n), by position of its first edge.

        ``floor`` (packets,) or (packets, blocks) is the tracked noise power per power sample (0 if not known yet).
        The ``begin`` first positions (of a block) are not searched, nor those whose word does not lie within the row
        whole, with a little to spare.
        """
        packets, size = power.shape
        count = max(0, size // self.grid - (self._width - BLOCK))
        if count == 0:
            return _nothing(packets)
        if accelerator.is_on() and self._has_loop:
            return self._first(power, floor, begin, count)
        parts = self._parts(power, count)
        correlation = self._correlated(parts)
        difference, total = correlation[..., :-1, :], correlation[..., -1:, :]
        noise = self._noise_gain * floor.astype(np.float32).reshape(packets, -1, 1, 1, 1)
        passed = np.abs(difference) > np.maximum(total * self._least_contrast, noise)
        if begin:
            early = np.arange(self._span).reshape(_SUB_BLOCKS, 1, -1) < begin
            passed[:, 0] &= ~early
        hits = _nothing(packets)
        for packet, block in zip(*np.nonzero(passed.any(axis=(2, 3, 4))), strict=True):
            if not hits.found[packet]:
                some = parts[packet, block * BLOCK : block * BLOCK + self._width]
                least = min(BLOCK, count - block * BLOCK)
                self._look(some, difference[packet, block], passed[packet, block], least, hits, packet, block)
        return hits

    def _first(
        self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64], begin: int, count: int
    ) -> EnvelopeSyncHits:
        """Return what ``first`` does, of ``count`` positions, by a compiled loop."""
        from ampradio.phy.envelope_sync_loops import first_each

        noise = self._noise_gain * floor.astype(np.float32).reshape(power.shape[0], -1)
        found = np.zeros((power.shape[0], 4))
        sizes = (begin, count, self.grid, BLOCK, self._lookahead)
        word = (self._signs, self._offsets, self._more, self._less)
        numbers = (self._least_contrast, np.float32(self._likeness))
        first_each(np.ascontiguousarray(power), noise, *sizes, *word, *numbers, found)
        hits = _nothing(power.shape[0])
        for packet, (block, position, clock, match) in enumerate(found.tolist()):
            if block >= 0:
                hits.found[packet], hits.block[packet], hits.complemented[packet] = True, block, match < 0
                hits.timing.start[packet] = (block * BLOCK + position) * self.grid
                hits.timing.stretch[packet] = self._clocks[int(clock)]
        return hits

    def trace(
        self, power: npt.NDArray[np.float32], floor: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return what decides over ``power`` (n,) at every grid step, both (positions,).

        ON minus OFF energy under the clock that suits best, with its sign, and what it has to exceed for a sync when
        the noise power per power sample is ``floor``.
        """
        count = max(0, power.size // self.grid - (self._width - BLOCK))
        if count == 0:
            return np.empty(0, np.float32), np.empty(0, np.float32)
        correlation = self._correlated(self._parts(power[np.newaxis], count))[0]
        size = np.abs(correlation[..., :-1, :])
        best = np.take_along_axis(correlation, np.argmax(size, axis=2)[:, :, np.newaxis], 2)[..., 0, :]
        least = np.maximum(correlation[..., -1, :] * self._least_contrast, self._noise_gain * np.float32(floor))

        def in_order(each: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
            return each.reshape(each.shape[0], -1)[:, :BLOCK].reshape(-1)[:count]

        return in_order(best), in_order(least)

    def _parts(self, power: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
        """Return the energies (packets, m) of the grid steps that ``count`` positions read, zero past the end."""
        packets, size = power.shape
        steps = size // self.grid
        parts = np.zeros((packets, max(steps, -(-count // BLOCK) * BLOCK + self._width - BLOCK)), np.float32)
        for sample in range(self.grid):
            parts[:, :steps] += power[:, sample : steps * self.grid : self.grid]
        return parts

    def _correlated(self, parts: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return ON minus OFF by clock, then energy: (packets, blocks, sub-blocks, clocks + 1, positions)."""
        packets, steps = parts.shape
        blocks = 1 + (steps - self._width) // BLOCK
        span = self._span // _SUB_BLOCKS
        row, each = parts.strides
        shape = (packets, blocks, _SUB_BLOCKS, self._matrix.shape[0])
        strides = (row, BLOCK * each, span * each, each)
        windows: npt.NDArray[np.float32] = np.ndarray(shape, np.float32, parts, 0, strides)
        product: npt.NDArray[np.float32] = np.ascontiguousarray(windows) @ self._matrix
        return product.reshape(*shape[:3], self._clocks.size + 1, span)

    def _look(
        self,
        parts: npt.NDArray[np.float32],
        difference: npt.NDArray[np.float32],
        passed: npt.NDArray[np.bool_],
        positions: int,
        hits: EnvelopeSyncHits,
        packet: np.intp,
        block: np.intp,
    ) -> None:
        """Enter into ``hits`` the best near the first of ``positions`` that ``passed`` and looks like the word."""
        sub, position, clock = np.nonzero(passed.transpose(0, 2, 1))
        size = np.abs(difference[sub, clock, position])
        position += sub * passed.shape[2]
        chips = parts[3:] + parts[2:-1] + parts[1:-2] + parts[:-3]
        energy = chips[position[:, np.newaxis] + self._offsets[clock]]
        energy -= (np.add.reduce(energy, axis=1) / np.float32(self._signs.size))[:, np.newaxis]
        scale = np.sqrt(np.einsum("ij,ij->i", energy, energy) * np.float32(self._signs.size))
        match = energy @ self._signs
        alike = np.abs(match) > self._likeness * scale
        begin = position[alike].min(initial=positions)
        if begin == positions:
            return
        alike &= (position >= begin) & (position < begin + self._lookahead)
        best = int(np.argmax(np.where(alike, size, -1)))
        hits.found[packet], hits.block[packet], hits.complemented[packet] = True, block, match[best] < 0
        hits.timing.start[packet] = (block * BLOCK + position[best]) * self.grid
        hits.timing.stretch[packet] = self._clocks[clock[best]]

    def _banded(self) -> npt.NDArray[np.float32]:
        """Return the matrix (grid steps, (clocks + 1) · positions): ON-minus-OFF per clock, then the energy present."""
        span = self._span // _SUB_BLOCKS
        taps = np.zeros((self._width - self._span + 1, self._clocks.size + 1), np.float32)
        for part in range(GRID_PER_CHIP):
            for clock, offsets in enumerate(self._offsets):
                np.add.at(taps[:, clock], offsets + part, self._signs)
        taps[: self._signs.size * GRID_PER_CHIP, -1] = 1
        matrix = np.zeros((taps.shape[0] + span - 1, self._clocks.size + 1, span), np.float32)
        for position in range(span):
            matrix[position : position + taps.shape[0], :, position] = taps
        return matrix.reshape(matrix.shape[0], -1)


def _nothing(packets: int) -> EnvelopeSyncHits:
    timing = ChipTiming(np.zeros(packets), np.ones(packets))
    found, complemented = np.zeros((2, packets), np.bool_)
    return EnvelopeSyncHits(found, timing, complemented, np.zeros(packets, np.intp))
