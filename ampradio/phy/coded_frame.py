"""A coded active uplink frame by a compiled loop: what ``ap_frame`` reads step by step in one call.

As many steps as there are samples for; what has been read so far is kept between the calls.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.coded_extent import CodedExtent
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check_loops import frame_tables
from ampradio.phy.reception import Itself
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import CLEAR, KEYED, following, sync_windows
from ampradio.phy.uplink_frame import NEIGHBOURS, QUIETEST, SURE, final_windows
from ampradio.phy.uplink_powers import STRADDLE
from ampradio.phy.uplink_reception import UplinkReceptions
from ampradio.phy.uplink_track import UplinkTrack, of_row
from ampradio.phy.viterbi import branch_signs
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector

_NO_SUMS, _NO_BITS = np.zeros(1, np.complex128), np.zeros(0, np.uint8)


class CodedLoop:
    """What the loop needs to know of one rate and scrambler seed."""

    def __init__(
        self, profile: Profile, chips: UplinkChips, seed_index: int, extent: CodedExtent, rate_sps: int
    ) -> None:
        """Prepare for frames of ``extent`` in a stream at ``rate_sps``."""
        from ampradio.phy.uplink_soft_loops import log_i0_table

        accelerator.prepare("ampradio.phy.coded_frame_loops")
        from ampradio.phy import coded_frame_loops

        self.loops = coded_frame_loops
        """What ``read_on`` returns is called as in these."""
        self.extent, self.seed_index = extent, seed_index
        vector = TxVector(PpduKind.UL_ACTIVE, chips.rate_bps, seed_index=seed_index)
        self.receptions = UplinkReceptions(profile, vector, rate_sps)
        uplink = profile.uplink
        tables = frame_tables(profile.mac, scrambler_seed(uplink, seed_index))
        code = (uplink.bcc_polynomial_a, uplink.bcc_polynomial_b, uplink.bcc_constraint)
        reaches, clocks, steering, most_looked_at, further, window, limit, clear = following(chips)
        windows, softness = (sync_windows(chips), final_windows(chips)), (NEIGHBOURS, SURE, QUIETEST, CLEAR)
        lists = (reaches, clocks, steering, *windows, softness)
        sizes = (tables.short, extent.header, uplink.bcc_tail_bits, most_looked_at, *code)
        numbers = (chips.chip, float(extent.margin), further, window, limit, clear, STRADDLE)
        self._chip = chips.chip
        self._told = (
            np.array(sizes + tuple(len(each) for each in lists), np.int64),
            np.concatenate((numbers, *lists)).astype(np.float64),
            chips.sync,
            log_i0_table(),
            branch_signs(uplink),
            tables.crc,
            tables.sizes,
            tables.whitening,
        )
        self._tail = uplink.bcc_tail_bits
        self._room = 8 * int(tables.sizes.max()) + self._tail

    def read_on(self, begun: CodedFrameState, samples: npt.NDArray[np.complex64], turn: float, floor: float) -> int:
        """Read on in ``samples`` (1, n) from where ``begun`` is; return what ``coded_frame_loops`` calls it."""
        begun.grow(samples.shape[1])
        least = KEYED * math.sqrt(floor * self._chip)
        read = np.empty((2, self._room), np.uint8)
        row = samples[0]
        row = row if row.flags.c_contiguous else row.copy()
        found: int = self.loops.read_on(row, turn, least, begun.sums, begun.state, *self._told, read)
        begun.told(read, self._tail)
        return found


class CodedFrameState:
    """How far a frame was read: ``psdu`` and ``bits`` are what the last step gave."""

    def __init__(self, start: float, stretch: float, short_octets: int) -> None:
        """Begin at a sync of which ``start`` (samples) and ``stretch`` are known."""
        self.state = state = _begun().copy()
        state[0, 0], state[0, 1], state[3, 1] = start, stretch, short_octets
        self.octets = short_octets
        """Of the step that is next, or was last."""
        self.sums, self.bits = _NO_SUMS, _NO_BITS
        self.psdu = b""
        self._rows: list[list[float]] = []  # of the state, after the last step: plain numbers are quicker

    def told(self, read: npt.NDArray[np.uint8], tail: int) -> None:
        """Take what was ``read`` (2, …), octets and bits, the last ``tail`` of which are no octets."""
        self._rows = self.state.tolist()
        self.octets = octets = int(self._rows[3][1])
        self.psdu, self.bits = read[0, :octets].tobytes(), read[1, : 8 * octets + tail]

    @property
    def place(self) -> tuple[float, float, float]:
        """Start, stretch and turn of a frame that was read."""
        start, stretch, _, turn = self._rows[0]
        return start, stretch, turn

    @property
    def powers(self) -> tuple[float, float]:
        """Of an ON sample and of the noise, of a frame that was read: see ``powers_of_sync``."""
        signal, noise, _, _ = self._rows[4]  # POWERS
        return max(signal, 1e-30), max(noise, 0.0)

    @property
    def coded_bits_done(self) -> int:
        """So many are followed."""
        return int(self.state[3, 2])

    def grow(self, samples: int) -> None:
        """Make room for the sums of so many samples."""
        if self.sums.size > samples:
            return
        known = int(self.state[3, 3]) + 1
        sums = np.empty(samples + 1, np.complex128)
        sums[:known] = self.sums[:known]
        self.sums = sums

    def clock(self, row: int) -> tuple[float, float]:
        """Return start and stretch in a row of the state, as the last step left it."""
        start, stretch, _, _ = self._rows[row]
        return start, stretch

    def timing(self, row: int) -> ChipTiming:
        """Return the timing in a row of the state."""
        own = self.state[row].copy()
        return ChipTiming(own[:1], own[1:2])

    def track(self, row: int) -> UplinkTrack:
        """Return the track in a row of the state, with the sums of what was read."""
        return UplinkTrack(self.sums[np.newaxis, : int(self.state[3, 3]) + 1], *of_row(self.state[row]))


@lru_cache(maxsize=1)
def _begun() -> npt.NDArray[np.float64]:
    from ampradio.phy.coded_frame_loops import FIRST, PROGRESS, ROWS

    state = np.zeros((ROWS, 4))
    state[PROGRESS, 0] = FIRST
    return state


@lru_cache(maxsize=64)
def coded_loop(own: Itself, chips: UplinkChips, seed_index: int, extent: CodedExtent, rate_sps: int) -> CodedLoop:
    """Return the loop for these; kept, for windows come and go."""
    return CodedLoop(own.profile, chips, seed_index, extent, rate_sps)
