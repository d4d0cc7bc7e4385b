"""The receiver of a mono-static tag, and of one below 1 GHz: what its envelope detector hears in, commands out.

It streams like ``tag_receiver``: AMP-Sync, header, data, each as soon as its samples are in. Nothing confirms an
AMP-Sync before the FCS does, so whatever looks like one is followed, beside others, until an FCS holds. What is decided
is decided in the order of the stream, however that was cut.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.command_format import CommandFormat, mono_static
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.envelope_stream import EnvelopeStream
from ampradio.phy.mono_tag_chips import MonoTagChips
from ampradio.phy.mono_tag_command import MonoTagCommand
from ampradio.phy.mono_tag_sync import GRID_PER_CHIP, MonoTagSync
from ampradio.phy.noise_floor import NoiseFloor
from ampradio.phy.power_gate import PowerGate
from ampradio.phy.reception import Reception
from ampradio.profile.model import Profile

BLOCK_CHIPS = 4  # 8 µs: one of them is whole within the silence between two PPDUs of a TXOP
FLOOR_BLOCKS = 1024  # blocks: the longest PPDU is loud for 686
_BLOCKS_AT_ONCE = 128
_BLOCKS_BEFORE, _BLOCKS_AFTER = 2, 11  # of the one in which an AMP-Sync begins, that are loud if there is a command
_P_OPEN = 1e-5
_COMMANDS_MAX = 8
_LEAST_CONTRAST = 0.6  # of a sync amid another command, over that of the other's: data seldom reach it
_PIECE = 1 << 16


class MonoTagReceiver:
    """Receives Types 2 and 3 at 250 kb/s, or the PPDUs of another ``CommandFormat``, under a clock up to 10 % off.

    Only PSDUs whose FCS holds come out. ``counters``: "syncs", most of which are false, "psdus", "fcs_failed",
    "length_changed", "not_a_command", "syncs_given_up" (another FCS held, or more than can be followed), "bad_samples".
    The 8 bits of an Ack's FCS hold by chance too often: it comes out only while no earlier sync is followed.
    """

    def __init__(
        self,
        profile: Profile,
        sample_rate_sps: int,
        decimation: int = 2,
        *,
        squares: bool = False,
        form: CommandFormat | None = None,
    ) -> None:
        """Prepare for float32 power, |x|² summed over ``decimation`` samples of a ``sample_rate_sps`` stream.

        With ``squares`` it takes the complex64 samples themselves. Raises ValueError when the chips do not fit that
        sampling.
        """
        self.counters: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = sample_rate_sps
        self._decimation = decimation
        self._form = form or mono_static(profile)
        self._sync = MonoTagSync(profile, sample_rate_sps, decimation, self._form)
        self._chips = MonoTagChips(profile, sample_rate_sps, decimation, self._form)
        self._steps = BLOCK_CHIPS * GRID_PER_CHIP
        self._block = self._steps * self._sync.grid
        self._span = (self._sync.lead + self._steps + self._sync.reach) * self._sync.grid
        self._stream = EnvelopeStream(self._block, decimation, squares)
        freedom = float(self._block * decimation)
        self._floor = NoiseFloor(freedom, FLOOR_BLOCKS)
        self._gate = PowerGate(freedom, _BLOCKS_BEFORE, _BLOCKS_AFTER, _P_OPEN)
        self._told = 0  # blocks that the floor knows
        self._position = 0  # an AMP-Sync may begin here or later
        self._commands: list[MonoTagCommand] = []
        self._promised = 0
        shortest = self._chips.data_end(8 * profile.mac.short_frame_octets) - self._chips.chip
        self._least = int(shortest * (1 - profile.uplink.mono_chip_tolerance_ppm * PPM)) * decimation

    def feed(self, items: npt.NDArray[np.float32] | npt.NDArray[np.complex64]) -> list[Reception]:
        """Take the next power samples, or with ``squares`` complex samples, (n,); return the PPDUs that they complete.

        Items that are not finite, or too large, or negative power, count as silence in ``counters["bad_samples"]``.
        Raises ValueError for an array that is not one-dimensional, or not real or complex as it has to be.
        """
        checked = self._stream.checked(items)
        received: list[Reception] = []
        for begin in range(0, checked.size, _PIECE):
            bad = self._stream.append(checked[begin : begin + _PIECE])
            if bad:
                self.counters["bad_samples"] += bad
            while self._step(received):
                pass
            wanted = min(self._position // self._block - self._gate.before, self._told)
            self._stream.drop_before(self._needed_from(), wanted)
        return received

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU that has not been returned yet can end. A promise: it never goes back.

        The end of a PPDU is here that of its AMP-Data.
        """
        hidden = self._position * self._decimation + self._least
        self._promised = max(self._promised, min([hidden, *(command.earliest_end() for command in self._commands)]))
        return self._promised

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop`` (of the undecimated stream): the tag answers there."""
        self._stream.blank(start, stop)

    def _needed_from(self) -> int:
        searched = self._position - self._block - MonoTagCommand.power_before(self._profile, self._chips, self._form)
        return min([searched, *(command.origin for command in self._commands)])

    def _step(self, received: list[Reception]) -> bool:
        command = min(self._commands, key=lambda each: each.needs, default=None)
        upto = self._stream.stop
        if command is not None:
            if command.needs <= min(self._look_needs(), upto):
                self._take(command, received)
                return True
            upto = min(upto, command.needs)
        return self._look(upto)

    def _take(self, command: MonoTagCommand, received: list[Reception]) -> None:
        command.take(self._stream.between(command.origin, command.needs))
        self.counters.update(command.counted)
        command.counted.clear()
        older = any(each.origin < command.origin for each in self._commands)
        if command.reception is not None and not (command.is_short and older):
            received.append(command.reception)
            self._position = max(self._position, self._on_grid(command.end))
            self.counters["syncs_given_up"] += len(self._commands) - 1
            self._commands.clear()
        elif command.over:
            self._commands.remove(command)

    def _on_grid(self, position: int) -> int:
        return -(-position // self._sync.grid) * self._sync.grid

    def _look_needs(self) -> int:
        """Return the stream position up to which power is wanted to search the next block."""
        return self._position // self._block * self._block - self._sync.lead * self._sync.grid + self._span

    def _look(self, upto: int) -> bool:
        """Search the blocks that power before ``upto`` decides for an AMP-Sync; return whether there were any."""
        first, lead = self._position // self._block, self._sync.lead * self._sync.grid
        count = min((upto - self._look_needs()) // self._block + 1, _BLOCKS_AT_ONCE)
        if count < 1:
            return False
        floors, opened = self._decide(first, count)
        begin = int(np.argmax(opened)) if opened.any() else count
        end = begin + int(np.argmin(np.append(opened[begin:], False)))
        if begin == count:
            self._tell(first, count)
            self._position = (first + count) * self._block
            return True
        start = (first + begin) * self._block - lead
        power = self._stream.between(start, start + (end - begin - 1) * self._block + self._span)[0]
        rows = np.lib.stride_tricks.sliding_window_view(power, self._span)[:: self._block]
        floors = floors[begin:end]
        late = max(self._position - (first + begin) * self._block, 0) // self._sync.grid
        above = _LEAST_CONTRAST * max((each.contrast for each in self._commands), default=0.0)
        hit = self._sync.first_row(rows, floors, self._steps, late, above)
        passed = begin + hit[0] + 1 if hit else end
        self._tell(first, passed)
        self._position = (first + passed) * self._block
        if hit:
            row, timing, contrast = hit
            self._begin((start + row * self._block, timing, contrast), float(floors[row]))
        return True

    def _begin(self, sync: tuple[int, ChipTiming, float], floor: float) -> None:
        """Follow an AMP-Sync (see ``MonoTagCommand``), and look for the next one after its first chip."""
        self.counters["syncs"] += 1
        position, timing, _ = sync
        self._position = self._on_grid(position + math.ceil(float(timing.start[0]) + self._chips.chip))
        if len(self._commands) == _COMMANDS_MAX:
            self.counters["syncs_given_up"] += 1
            return
        self._commands.append(
            MonoTagCommand(self._profile, self._form, self._chips, self._rate_sps, self._decimation, sync, floor)
        )

    def _decide(self, first: int, count: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return the floor before each of ``count`` blocks from ``first`` on, and whether it is to be searched."""
        again = min(max(self._told - first, 0), count)  # after a false sync
        before, settled = self._floor.before_each(self._stream.means(first + again, first + count))
        floors = np.concatenate((np.full(again, self._floor.power), before))
        trusted = np.concatenate((np.full(again, self._floor.settled), settled))
        powers = self._stream.means(first - self._gate.before, first + count + self._gate.after)
        return floors, self._gate.opens(powers, floors * trusted)

    def _tell(self, first: int, count: int) -> None:
        """Let the floor hear ``count`` blocks from ``first`` on, those it has not heard."""
        begin = max(self._told, first)
        self._floor.add(self._stream.means(begin, max(first + count, begin)))
        self._told = max(self._told, first + count)
