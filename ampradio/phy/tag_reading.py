"""A downlink frame by a compiled loop: what ``tag_frame`` reads step by step in one call.

As many steps as there are samples for; what has been read so far is kept between the calls.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy import amp_sig
from ampradio.phy.edge_timing import ChipTiming, clock_limit
from ampradio.phy.envelope_chips import AROUND, STRADDLE, EnvelopeChips
from ampradio.phy.envelope_contest import GAINED, LATE, MOST_BITS, OPEN, STEERING, off_scale
from ampradio.phy.envelope_frame import FIRST_BITS, FURTHER, final_windows, following_windows, sync_windows
from ampradio.phy.frame_check_loops import frame_tables
from ampradio.phy.reception import Itself
from ampradio.profile.model import Profile
from ampradio.psdu import SIZING_OCTETS

_NUMBERS, _OCTETS, _SUMMED, _NEEDED, _SIGNALLED, _ON, _OFF, _HOLDS = 10, 2, 4, 5, 6, 7, 8, 9  # of ``tag_frame_loops``


class TagLoop:
    """What the loop needs to know of one rate."""

    def __init__(self, profile: Profile, chips: EnvelopeChips, margin: float) -> None:
        """Prepare to read ``margin`` power samples past the last chip."""
        accelerator.prepare("ampradio.phy.tag_frame_loops")
        tables = frame_tables(profile.mac, None)
        sig_bits, self._most = 8 * profile.downlink.sig_octets, int(tables.sizes.max())
        pairs = (*sync_windows(chips), following_windows(chips), *final_windows(chips))
        edges = chips.edges(2 * (sig_bits + 8 * self._most)).copy()
        windows = [chips.windows(*pair, edges.size - 2) for pair in pairs]
        signals = np.full(256, -1, np.int64)
        for partial_id in range(1 << amp_sig.PARTIAL_ID_BITS):
            octets = amp_sig.octets(profile.downlink, partial_id)
            signals[octets[0]] = octets[1]
        half, on = np.stack([each.half for each in windows]), np.stack([each.on for each in windows])
        slope = np.stack([each.slope for each in windows])
        lengths = np.array((sig_bits, tables.short, SIZING_OCTETS, FIRST_BITS), np.int64)
        chip = chips.data_chip
        limit = clock_limit(chips.tolerance_ppm)
        self._about = (edges, chips.sync, half, on, slope, AROUND, limit, margin, lengths, FURTHER)
        self._tries = (MOST_BITS, LATE * chip, GAINED * chip, STEERING * chip, off_scale(chips), OPEN, STRADDLE)
        self._tables = (signals, amp_sig.UNSURE, tables.crc, tables.sizes)

    def read_on(self, begun: TagReading, power: npt.NDArray[np.float32]) -> int:
        """Read on in ``power`` (n,), which begins where the frame does; return what ``tag_frame_loops`` calls it."""
        from ampradio.phy.tag_frame_loops import read_on

        begun.grow(power.size)
        octets = np.empty(self._most, np.uint8)
        found = read_on(power, True, begun.sums, begun.state, *self._about, *self._tries, *self._tables, octets)
        begun.psdu = octets[: begun.octets].tobytes()
        return int(found)

    def read_each(
        self, power: npt.NDArray[np.float32], rows: npt.NDArray[np.intp], timing: ChipTiming
    ) -> tuple[ChipTiming, list[bytes | None]]:
        """Return timing and PSDU of the frame in each of ``rows`` of ``power`` whose sync has that ``timing``."""
        from ampradio.phy.tag_frame_loops import READ, read_each

        states = np.zeros((rows.size, _NUMBERS))
        states[:, 0], states[:, 1] = timing.start, timing.stretch
        octets, found = np.empty((rows.size, self._most), np.uint8), np.empty(rows.size, np.int64)
        read_each(power, rows, states, *self._about, *self._tries, *self._tables, octets, found)
        sizes = states[:, _OCTETS].astype(np.intp)
        whole = zip(octets, sizes, found == READ, strict=True)
        psdus = [each[:size].tobytes() if is_whole else None for each, size, is_whole in whole]
        return ChipTiming(states[:, 0].copy(), states[:, 1].copy()), psdus


class TagReading:
    """How far a frame was read; ``psdu`` is what the last step gave."""

    def __init__(self, start: float, stretch: float) -> None:
        """Begin at a sync of which ``start`` (power samples) and ``stretch`` are known."""
        self.state = np.zeros(_NUMBERS)
        self.state[0], self.state[1] = start, stretch
        self.sums = np.zeros(1)
        self.psdu = b""

    @property
    def timing(self) -> ChipTiming:
        """The timing so far."""
        return ChipTiming(self.state[:1].copy(), self.state[1:2].copy())

    @property
    def octets(self) -> int:
        """Of the PSDU, as far as known; 0 while AMP-SIG is read."""
        return int(self.state[_OCTETS])

    @property
    def needed(self) -> int:
        """So many samples are wanted next; 0 before the first call."""
        return int(self.state[_NEEDED])

    @property
    def partial_id(self) -> int | None:
        """What AMP-SIG says, None while it is read."""
        return int(self.state[_SIGNALLED]) >> 2 if self.octets else None

    @property
    def levels(self) -> tuple[float, float]:
        """Mean ON and OFF power of a whole frame."""
        return float(self.state[_ON]), float(self.state[_OFF])

    @property
    def check_holds(self) -> bool:
        """Whether the check sequence of a whole frame is right."""
        return bool(self.state[_HOLDS])

    def forget(self) -> None:
        """Sum what is read next from the beginning: the stream is no longer what it was."""
        self.state[_SUMMED] = 0

    def grow(self, samples: int) -> None:
        """Make room for the sums of so many samples."""
        if self.sums.size > samples:
            return
        known = int(self.state[_SUMMED]) + 1
        sums = np.empty(samples + 1)
        sums[:known] = self.sums[:known]
        self.sums = sums


@lru_cache(maxsize=16)
def tag_loop(own: Itself, rate_bps: int, sample_rate_sps: int, decimation: int, margin: float) -> TagLoop:
    """Return the loop for these; kept, for there may be many tags."""
    return TagLoop(own.profile, EnvelopeChips(own.profile, rate_bps, sample_rate_sps, decimation), margin)
