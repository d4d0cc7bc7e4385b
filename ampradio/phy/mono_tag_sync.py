"""Search for the AMP-Sync of Types 2 and 3 in envelope power, under any clock of a mono-static tag, vectorised.

Eight chips alone are little, but energy always comes before them, of the WUP-Excitation or of the non-AMP portion, and
four ON chips in a row are in no Manchester data: the word is looked for with an ON stretch before it. Air-interface
page, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import mono_static_downlink_chips
from ampradio.phy.command_format import CommandFormat, mono_static
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.running_sum import integral_to, running_sum
from ampradio.profile.airtime import samples
from ampradio.profile.model import Profile

CLOCKS = 13
GRID_PER_CHIP = 4
_NOISE_SIGMAS = 4.0
_CONTRAST = 0.15  # least ON minus OFF over ON plus OFF
_ALTERNATION = 1.3  # least difference of the halves of bits, over the least of ON and OFF
_BOTH = 2.5  # least sum of both differences, over the same
_AFTER_BITS = 12  # that must look like bits
_FINER = 3  # starts compared per grid step, as data a whole number of chips on would gain from an unlucky grid
_LOOKAHEAD_CHIPS = 20  # the word may begin so much after what first looks like it


@dataclass(frozen=True, eq=False)
class MonoTagHits:
    """Per packet: whether a sync was found and its timing in power samples."""

    found: npt.NDArray[np.bool_]
    timing: ChipTiming


class MonoTagSync:
    """The correlator bank for one power sample rate."""

    def __init__(
        self, profile: Profile, sample_rate_sps: int, decimation: int, form: CommandFormat | None = None
    ) -> None:
        """Prepare the bank for ``form``, Types 2 and 3 by default.

        Raises ValueError if a quarter of a sync chip is not a whole number of power samples.
        """
        form = form or mono_static(profile)
        chip = samples(form.chip_ns, sample_rate_sps)
        self.grid, rest = divmod(chip, decimation * GRID_PER_CHIP)
        if rest or self.grid < 1:
            raise ValueError(f"a quarter sync chip is not whole at {sample_rate_sps} S/s decimated by {decimation}")
        word = mono_static_downlink_chips(profile.downlink)
        self._before = form.before_chips
        self._word = np.concatenate((np.ones(self._before, np.uint8), word)) > 0
        self._clocks = 1 + profile.uplink.mono_chip_tolerance_ppm * PPM * np.linspace(-1, 1, CLOCKS)
        chips = np.arange(-self._before, word.size) * GRID_PER_CHIP
        self._offsets = np.rint(chips * self._clocks[:, np.newaxis]).astype(np.intp)
        data = np.arange(word.size, word.size + 2 * _AFTER_BITS) * GRID_PER_CHIP
        self._data_offsets = np.rint(data * self._clocks[:, np.newaxis]).astype(np.intp)
        self.lead = -int(self._offsets.min())
        last = self._word.size - self._before + 2 * _AFTER_BITS + _LOOKAHEAD_CHIPS / self._clocks.max()
        self.reach = int(np.ceil(last * GRID_PER_CHIP * self._clocks.max())) + 1
        on = np.count_nonzero(self._word)
        spread = (1 / on + 1 / (self._word.size - on)) ** 0.5
        self._noise_gain = _NOISE_SIGMAS * spread * chip**0.5 / decimation  # of the noise in a chip's mean energy

    def first(self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64]) -> MonoTagHits:
        """Return the first sync in each row of ``power`` (packets, n); ``floor`` (packets,) is the noise in one."""
        packets = power.shape[0]
        count = power.shape[1] // self.grid - GRID_PER_CHIP + 1 - self.lead - int(self._offsets.max())
        nothing = MonoTagHits(np.zeros(packets, np.bool_), ChipTiming(np.zeros(packets), np.ones(packets)))
        if count < 1:
            return nothing
        passed, on, difference = self._passed(power, floor, count)
        found = passed.any(axis=1)
        rows = np.flatnonzero(found)
        if not rows.size:
            return nothing
        begin = np.argmax(passed[rows], axis=1)
        level = self._level(on[:, rows], difference[:, rows])
        timing = self._likeliest(power[rows], begin + self.lead, level)
        nothing.timing.start[rows], nothing.timing.stretch[rows] = timing.start, timing.stretch
        return MonoTagHits(found, nothing.timing)

    def first_row(
        self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64], steps: int, late: int, above: float
    ) -> tuple[int, ChipTiming, float] | None:
        """Return the first row of ``power`` (rows, n) in which a sync begins, its timing (1,) there and its contrast.

        A sync may begin at ``steps`` grid steps from ``lead`` on, ``late`` of which do not count in the first row. Its
        contrast, ON minus OFF energy of a chip, is more than ``above``. Raises ValueError unless a row goes on for
        ``reach`` steps after them.
        """
        if power.shape[1] < (self.lead + steps + self.reach) * self.grid:
            raise ValueError(f"rows of {power.shape[1]} power samples are too short for {steps} steps")
        passed, _, contrast = self._passed(power, floor, steps)
        passed &= contrast.max(axis=0) > above
        passed[0, :late] = False
        rows = np.flatnonzero(passed.any(axis=1))[:1]
        if not rows.size:
            return None
        begin = np.argmax(passed[rows], axis=1)
        _, on, difference = self._passed(power[rows], floor[rows], steps + _LOOKAHEAD_CHIPS * GRID_PER_CHIP)
        timing = self._likeliest(power[rows], begin + self.lead, self._level(on, difference))
        return int(rows[0]), timing, float(difference.max())

    def trace(
        self, power: npt.NDArray[np.float32], floor: float
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return what decides over ``power`` (n,) at every grid step from ``lead`` on, both (positions,).

        ON minus OFF of a chip under the clock that suits best, and what it has to exceed for a sync when the noise
        power per power sample is ``floor``; the bits behind it have to look like bits too.
        """
        count = power.size // self.grid - GRID_PER_CHIP + 1 - self.lead - int(self._offsets.max())
        if count < 1:
            return np.empty(0, np.float32), np.empty(0, np.float32)
        on, off, _ = self._means(power[np.newaxis], count)
        best = np.argmax(on - off, axis=0)[np.newaxis]
        least = self._least(on, off, np.array([floor]))
        word, least = (np.take_along_axis(each, best, 0)[0, 0] for each in (on - off, least))
        return word.astype(np.float32), least.astype(np.float32)

    def _passed(
        self, power: npt.NDArray[np.float32], floor: npt.NDArray[np.float64], count: int
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return where a sync may begin (packets, count), and ON and ON minus OFF there (clocks, packets, count)."""
        on, off, chips = self._means(power, count)
        least = self._least(on, off, floor)
        word, data = on - off, self._alternation(chips, self.lead, count)
        passed = (word > least) & (data > _ALTERNATION * least) & (word + data > _BOTH * least)
        return passed.any(axis=0), on, word

    def _means(
        self, power: npt.NDArray[np.float32], count: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return ON and OFF from each of ``count`` starts (clocks, packets, count), and all chips (packets, steps)."""
        packets = power.shape[0]
        steps = power.shape[1] // self.grid
        parts = power[:, : steps * self.grid].reshape(packets, steps, self.grid).sum(axis=2, dtype=np.float64)
        chips = np.asarray(sum(parts[:, shift : steps - GRID_PER_CHIP + 1 + shift] for shift in range(GRID_PER_CHIP)))
        on, off = (
            np.array([self._mean(chips, offsets[self._word == state], count) for offsets in self._offsets + self.lead])
            for state in (True, False)
        )
        return on, off, chips

    def _least(
        self, on: npt.NDArray[np.float64], off: npt.NDArray[np.float64], floor: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return what ON minus OFF has to exceed when ``floor`` (packets,) is the noise in a power sample."""
        return np.asarray(np.maximum((self._noise_gain * floor)[:, np.newaxis], _CONTRAST * (on + off)))

    def _mean(
        self, chips: npt.NDArray[np.float64], offsets: npt.NDArray[np.intp], count: int
    ) -> npt.NDArray[np.float64]:
        """Return the mean of ``chips`` (packets, steps) at ``offsets`` from each of ``count`` positions."""
        total = np.zeros((chips.shape[0], count))
        for offset in offsets:
            total += chips[:, offset : offset + count]
        return total / offsets.size

    def _alternation(self, chips: npt.NDArray[np.float64], lead: int, count: int) -> npt.NDArray[np.float64]:
        """Return how much the halves of the first bits differ (clocks, packets, positions), in the mean.

        It tells a command from an excitation in which noise looks like the word: there is much of it in Type 2.
        """
        differ = np.empty((CLOCKS, chips.shape[0], count))
        padded = np.pad(chips, ((0, 0), (0, self._data_offsets.max())), mode="edge")
        for index, offsets in enumerate(self._data_offsets + lead):
            total = np.zeros(differ.shape[1:])
            for first, second in offsets.reshape(-1, 2):
                total += np.abs(padded[:, second : second + count] - padded[:, first : first + count])
            differ[index] = total / _AFTER_BITS
        return differ

    def _level(self, on: npt.NDArray[np.float64], difference: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the ON level (packets,) where ON and OFF differ most."""
        packets = on.shape[1]
        where = np.argmax(difference.transpose(1, 0, 2).reshape(packets, -1), axis=1)
        level: npt.NDArray[np.float64] = on.transpose(1, 0, 2).reshape(packets, -1)[np.arange(packets), where]
        return level

    def _likeliest(
        self, power: npt.NDArray[np.float32], begin: npt.NDArray[np.intp], most: npt.NDArray[np.float64]
    ) -> ChipTiming:
        """Return the timing of the likeliest word that begins near grid step ``begin`` (packets,) of ``power``.

        Where ON and OFF differ enough, data may look like the word too; but the chips that follow are then no pairs
        of ON and OFF. An ON chip counts no more than ``most``: the non-AMP portion is uneven.
        """
        packets = power.shape[0]
        sums = running_sum(power, np.float64)
        steps = np.arange(-_FINER, _FINER * (_LOOKAHEAD_CHIPS * GRID_PER_CHIP + 1)) / _FINER
        starts = (begin[:, np.newaxis] + steps) * float(self.grid)
        chips = np.arange(self._word.size + 2 * _AFTER_BITS + 1) - self._before
        signs = np.where(self._word, 1.0, -1.0)
        best = np.full(packets, -np.inf)
        timing = ChipTiming(np.zeros(packets), np.ones(packets))
        for clock in self._clocks:
            at = integral_to(sums, starts[..., np.newaxis] + chips * (clock * GRID_PER_CHIP * self.grid))
            energy = (at[..., 1:] - at[..., :-1]) / clock
            np.minimum(energy, most[:, np.newaxis, np.newaxis], out=energy)
            word, data = energy[..., : self._word.size], energy[..., self._word.size :]
            score = word @ signs + np.add.reduce(np.abs(data[..., 1::2] - data[..., ::2]), axis=2)
            where = np.argmax(score, axis=1)
            better = score[np.arange(packets), where] > best
            best[better] = score[better, where[better]]
            timing.start[better], timing.stretch[better] = starts[better, where[better]], clock
        return timing
