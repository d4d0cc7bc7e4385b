"""The tag's receiver: an envelope detector's power in, downlink PSDUs out, whatever the rate and the chip clock.

It streams: AMP-Sync search, AMP-SIG, header, data, each as soon as its samples are in. Every step begins at a stream
position and ends at one, so the result does not depend on how the stream was cut.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from ampradio.phy.envelope_chips import EnvelopeChips
from ampradio.phy.envelope_sync import EnvelopeSync
from ampradio.phy.noise_floor import NoiseFloor
from ampradio.phy.reception import Reception
from ampradio.phy.sample_buffer import SampleBuffer
from ampradio.phy.tag_frame import TagFrame
from ampradio.profile import airtime
from ampradio.profile.model import Profile

_BLOCKS_AT_ONCE = 32
_PIECE = 1 << 16
_POWER_MAX = np.float32(1e9)
_SLACK_NS = 2_000
_NS_PER_S = 1_000_000_000


class TagReceiver:
    """Receives Type 1 downlink PPDUs at 250 kb/s and 1 Mb/s from envelope power."""

    def __init__(self, profile: Profile, sample_rate_sps: int, decimation: int = 2) -> None:
        """Prepare for float32 power, |x|² summed over ``decimation`` samples of a ``sample_rate_sps`` stream.

        Raises ValueError when the chips do not fit that sampling.
        """
        self.counters: Counter[str] = Counter()
        self._profile = profile
        self._rate_sps = sample_rate_sps
        self._decimation = decimation
        self._sync = EnvelopeSync(profile, sample_rate_sps, decimation)
        down = profile.downlink
        self._low = EnvelopeChips(profile, down.rate_low_bps, sample_rate_sps, decimation)
        self._high = EnvelopeChips(profile, down.rate_high_bps, sample_rate_sps, decimation)
        self._floor = NoiseFloor(float(self._sync.block * decimation))
        self._buffer: SampleBuffer[np.float32] = SampleBuffer(np.float32)
        self._search_from = 0
        self._frame: TagFrame | None = None
        self._promised = 0
        self._least = self._least_samples_after_sync()

    def feed(self, power: npt.NDArray[np.float32]) -> list[Reception]:
        """Take the next power samples (n,) and return the PPDUs that they complete, in order.

        Samples that are not finite and non-negative count as silence in ``counters["bad_samples"]``.
        Raises ValueError for an array that is not one-dimensional and real.
        """
        power = np.asarray(power)
        if power.ndim != 1 or power.dtype.kind == "c":
            raise ValueError(f"envelope power must be one-dimensional and real, not {power.dtype} of {power.shape}")
        received: list[Reception] = []
        for begin in range(0, power.size, _PIECE):
            self._buffer.append(self._cleaned(power[begin : begin + _PIECE]))
            while self._step(received):
                pass
            self._buffer.drop_before(self._needed_from())
        return received

    def earliest_end(self) -> int:
        """Return the sample before which no PPDU that has not been returned yet can end, signal extension included.

        A promise: it never goes back.
        """
        if self._frame is not None:
            end = self._frame.earliest_end(self._least)
        else:
            end = self._search_from * self._decimation + self._least
        self._promised = max(self._promised, end)
        return self._promised

    def blank(self, start: int, stop: int) -> None:
        """Ignore the samples from ``start`` up to ``stop`` (of the undecimated stream): the tag transmits there."""
        self._buffer.blank(start // self._decimation, -(-stop // self._decimation))

    def _cleaned(self, power: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        power = power.astype(np.float32, copy=False)
        if power.size and power.min() >= 0 and power.max() <= _POWER_MAX:
            return power
        good = (power >= 0) & (power <= _POWER_MAX)
        self.counters["bad_samples"] += power.size - int(np.count_nonzero(good))
        return np.where(good, power, np.float32(0))

    def _needed_from(self) -> int:
        if self._frame is not None:
            return self._frame.origin
        return self._search_from - TagFrame.LEAD_GRID * self._sync.grid

    def _step(self, received: list[Reception]) -> bool:
        if self._frame is None:
            return self._search()
        if self._buffer.stop < self._frame.needs:
            return False
        frame = self._frame
        frame.take(self._buffer.between(frame.origin, frame.needs))
        if frame.reception is not None:
            received.append(frame.reception)
            self._floor.add(frame.off_power)
        self.counters.update(frame.counted)
        frame.counted.clear()
        if frame.resume_at is not None:
            self._search_from, self._frame = frame.resume_at, None
        return True

    def _search(self) -> bool:
        block, reach = self._sync.block, self._sync.block_reach
        blocks = min((self._buffer.stop - self._search_from - reach) // block + 1, _BLOCKS_AT_ONCE)
        if blocks < 1:
            return False
        span = self._buffer.between(self._search_from, self._search_from + (blocks - 1) * block + reach)
        means = self._sync.block_means(span, blocks)
        hits = self._sync.first(span, self._floor.before_each(means)[np.newaxis])
        found = bool(hits.found[0])
        searched = int(hits.block[0]) + 1 if found else blocks
        for mean in means[:searched].tolist():
            self._floor.add(mean)
        if not found:
            self._search_from += blocks * block
            return True
        self.counters["syncs"] += 1
        chips = self._high if hits.complemented[0] else self._low
        self._frame = TagFrame(
            self._profile,
            chips,
            self._rate_sps,
            self._decimation,
            self._sync.grid,
            self._search_from + int(hits.timing.start[0]),
            float(hits.timing.stretch[0]),
        )
        return True

    def _least_samples_after_sync(self) -> int:
        """Return the fewest samples from the first edge of an AMP-Sync to the end of its PPDU, by the fastest clock."""
        profile = self._profile
        shortest_ns = airtime.downlink_type1_ns(
            profile, profile.mac.short_frame_octets, profile.downlink.rate_high_bps, protected=False
        ) - airtime.non_amp_ns(profile)
        fastest_ns = int(shortest_ns * (1 - 2e-6 * profile.uplink.chip_tolerance_ppm)) - _SLACK_NS
        return fastest_ns * self._rate_sps // _NS_PER_S
