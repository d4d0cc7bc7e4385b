"""The tag's receiver: what an envelope detector hears in, downlink PSDUs out, whatever the rate and the chip clock.

It streams: AMP-Sync search where the power rises, AMP-SIG, header, data, each as soon as its samples are in. Every step
begins at a stream position and ends at one, so the result does not depend on how the stream was cut.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.envelope_chips import EnvelopeChips
from ampradio.phy.envelope_stream import EnvelopeStream
from ampradio.phy.reception import Reception
from ampradio.phy.tag_frame import TagFrame
from ampradio.phy.tag_search import TagSearch, TagSync
from ampradio.profile import airtime
from ampradio.profile.model import Profile

_PIECE = 1 << 18  # bounds what is held of a large array
_SLACK_NS = 2_000
_NS_PER_S = 1_000_000_000


class TagReceiver:
    """Receives Type 1 downlink PPDUs at 250 kb/s and 1 Mb/s from envelope power.

    ``counters`` has, beside what became of frames, the blocks of 25 µs that were decided ("blocks") and those of them
    that the gate handed to the search ("blocks_searched").
    """

    def __init__(
        self,
        profile: Profile,
        sample_rate_sps: int,
        decimation: int = 2,
        *,
        squares: bool = False,
        gated: bool = True,
    ) -> None:
        """Prepare for float32 power, |x|² summed over ``decimation`` samples of a ``sample_rate_sps`` stream.

        With ``squares`` it takes the complex64 samples themselves. Without the gate it searches everywhere: the same
        PPDUs in many times as long. Raises ValueError when the chips do not fit that sampling.
        """
        self.counters: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = sample_rate_sps
        self._decimation = decimation
        self._search = TagSearch(profile, sample_rate_sps, decimation, gated)
        down = profile.downlink
        self._low = EnvelopeChips(profile, down.rate_low_bps, sample_rate_sps, decimation)
        self._high = EnvelopeChips(profile, down.rate_high_bps, sample_rate_sps, decimation)
        self._stream = EnvelopeStream(self._search.block, decimation, squares)
        self._frame: TagFrame | None = None
        self._promised = 0
        self._least = self._least_samples_after_sync()

    @property
    def block_samples(self) -> int:
        """How many samples a block spans."""
        return self._search.block * self._decimation

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
            self._stream.drop_before(self._needed_from(), self._search.needs_block)
        return received

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU that has not been returned yet can end, signal extension included.

        A promise: it never goes back.
        """
        if self._frame is not None:
            end = self._frame.earliest_end(self._least)
        else:
            end = self._search.position * self._decimation + self._least
        self._promised = max(self._promised, end)
        return self._promised

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop`` (of the undecimated stream): the tag transmits there."""
        self._stream.blank(start, stop)
        if self._frame is not None:
            self._frame.forget()

    def _needed_from(self) -> int:
        if self._frame is not None:
            return self._frame.origin
        return self._search.position - self._search.block - TagFrame.LEAD_GRID * self._search.grid

    def _step(self, received: list[Reception]) -> bool:
        if self._frame is None:
            return self._look()
        if self._stream.stop < self._frame.needs:
            return False
        frame = self._frame
        frame.take(self._stream.between(frame.origin, max(min(self._stream.stop, frame.uses), frame.needs)))
        if frame.reception is not None:
            received.append(frame.reception)
        self.counters.update(frame.counted)
        frame.counted.clear()
        if frame.resume_at is not None:
            self._frame = None
            self._search.resume(frame.resume_at, frame.off_power)
        return True

    def _look(self) -> bool:
        looked, sync = self._search.look(self._stream)
        if looked:
            self.counters.update(self._search.counted)
            self._search.counted.clear()
        if sync is not None:
            self.counters["syncs"] += 1
            self._frame = self._frame_after(sync)
        return looked

    def _frame_after(self, sync: TagSync) -> TagFrame:
        chips = self._high if sync.complemented else self._low
        grid = self._search.grid
        return TagFrame(self._profile, chips, self._rate_sps, self._decimation, grid, sync.position, sync.stretch)

    def _least_samples_after_sync(self) -> int:
        """Return the fewest samples from the first edge of an AMP-Sync to the end of its PPDU, by the fastest clock."""
        profile = self._profile
        shortest_ns = airtime.downlink_type1_ns(
            profile, profile.mac.short_frame_octets, profile.downlink.rate_high_bps, protected=False
        ) - airtime.non_amp_ns(profile)
        fastest_ns = int(shortest_ns * (1 - 2e-6 * profile.uplink.chip_tolerance_ppm)) - _SLACK_NS
        return fastest_ns * self._rate_sps // _NS_PER_S
