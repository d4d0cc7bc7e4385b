"""Where a tag looks for AMP-Syncs: the noise floor, the gate that follows it, and the search behind the gate.

Blocks lie at multiples of their length in the stream; each is decided once, in order, by what is around it and by the
floor before it. A block is searched when the gate opens for it, and then as it would be without a gate.

The gate looks at the mean power from one block (25 µs) before the one in which an AMP-Sync may begin to three after it:
the last of the non-AMP portion, the word of 80 µs, at most 20 µs of AMP-SIG. It stays open until the floor is settled.
How often it opens in noise and what it misses: ``ampradio.phy.power_gate_theory``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.envelope_stream import EnvelopeStream
from ampradio.phy.envelope_sync import EnvelopeSync, EnvelopeSyncHits
from ampradio.phy.noise_floor import HISTORY, NoiseFloor
from ampradio.phy.power_gate import PowerGate
from ampradio.profile.model import Profile

BLOCKS_BEFORE, BLOCKS_AFTER = 1, 3  # of the one in which the AMP-Sync begins
P_OPEN = 1e-6
_SEARCHED_AT_ONCE = (6, 32)  # blocks: where the gate has just opened a word is near, later on it may be far


@dataclass(frozen=True)
class TagSync:
    """An AMP-Sync: stream position of its first edge in power samples, received over nominal chip, and its sign."""

    position: int
    stretch: float
    complemented: bool


class TagSearch:
    """Finds one AMP-Sync after the other in an ``EnvelopeStream`` of ``block`` power samples a block."""

    def __init__(self, profile: Profile, sample_rate_sps: int, decimation: int, gated: bool) -> None:
        """Prepare; same errors as ``EnvelopeSync``."""
        self.counted: Counter[str] = Counter()
        self.position = 0
        self._sync = EnvelopeSync(profile, sample_rate_sps, decimation)
        self.grid, self.block = self._sync.grid, self._sync.block
        freedom = float(self.block * decimation)
        self._floor = NoiseFloor(freedom)
        self._gate = PowerGate(freedom, BLOCKS_BEFORE, BLOCKS_AFTER, P_OPEN) if gated else None
        self._at_once = _SEARCHED_AT_ONCE[0]
        self._told = 0  # blocks that the floor knows, or that are no business of its

    @property
    def needs_block(self) -> int:
        """The first block whose mean power is still wanted."""
        return self.position // self.block - BLOCKS_BEFORE

    def resume(self, position: int, quiet_power: float) -> None:
        """Go on at power sample ``position`` or just after it, with the power seen between ON chips, 0 if none was."""
        self._floor.add(quiet_power)
        self.position = -(-position // self.grid) * self.grid
        self._told = max(self._told, self.position // self.block)
        self._at_once = _SEARCHED_AT_ONCE[0]

    def look(self, stream: EnvelopeStream) -> tuple[bool, TagSync | None]:
        """Return whether there was anything new to decide, and the first AMP-Sync in it."""
        first = self.position // self.block
        count = min((stream.stop - self._sync.block_reach) // self.block + 1 - first, HISTORY)
        if count < 1:
            return False, None
        around = stream.means(first - BLOCKS_BEFORE, first + count + BLOCKS_AFTER)
        powers = around[BLOCKS_BEFORE : BLOCKS_BEFORE + count]
        if self._surely_shut(around, powers):
            self._pass(first, powers)
            return True, None
        floors, opened = self._decide(first, around)
        begin = int(opened.argmax())
        if not opened[begin]:
            begin = count
        if begin:
            self._at_once = _SEARCHED_AT_ONCE[0]
        if begin == count:
            self._pass(first, powers)
            return True, None
        run = opened[begin : begin + self._at_once]
        shut = int(run.argmin())
        end = begin + (run.size if run[shut] else shut)
        self._at_once = _SEARCHED_AT_ONCE[1]
        start = (first + begin) * self.block
        span = stream.between(start, start + (end - begin - 1) * self.block + self._sync.block_reach)
        late = max(self.position - start, 0) // self.grid
        hits = self._sync.first(span, floors[np.newaxis, begin:end], late)
        decided = begin + int(hits.block[0]) + 1 if hits.found[0] else end
        self.counted["blocks_searched"] += decided - begin
        self._pass(first, powers[:decided])
        return True, _sync_at(start, hits) if hits.found[0] else None

    def _surely_shut(self, around: npt.NDArray[np.float64], powers: npt.NDArray[np.float64]) -> bool:
        """Return whether that is told at less than it costs to decide block by block; compiled, that costs least."""
        if self._gate is None or accelerator.is_on():
            return False
        return self._gate.stays_shut(around, self._floor.above(powers))

    def _decide(
        self, first: int, powers: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return the floor before each block from ``first`` on, and whether it is to be searched."""
        count = powers.size - BLOCKS_BEFORE - BLOCKS_AFTER
        again = min(max(self._told - first, 0), count)  # after a false sync
        new = powers[BLOCKS_BEFORE + again : BLOCKS_BEFORE + count]
        floors, settled = self._floor.before_each(new)
        if again:
            floors = np.concatenate((np.full(again, self._floor.power), floors))
            settled = np.concatenate((np.full(again, self._floor.settled), settled))
        if self._gate is None:
            return floors, np.ones(count, np.bool_)
        return floors, self._gate.opens(powers, floors * settled)

    def _pass(self, first: int, powers: npt.NDArray[np.float64]) -> None:
        """Leave the blocks from ``first`` on, of mean ``powers``, behind."""
        new = powers[max(self._told - first, 0) :]
        self._floor.add(new)
        self.counted["blocks"] += new.size
        self.position = (first + powers.size) * self.block
        self._told = max(self._told, first + powers.size)


def _sync_at(start: int, hits: EnvelopeSyncHits) -> TagSync:
    timing = hits.timing
    return TagSync(start + int(timing.start[0]), float(timing.stretch[0]), bool(hits.complemented[0]))
