"""A coded active uplink frame by a compiled loop: what ``ap_frame`` reads step by step in one call.

As many steps as there are samples for; what has been read so far is kept between the calls.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check_loops import frame_tables
from ampradio.phy.reception import Itself
from ampradio.phy.uplink import scrambler_seed
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import CLEAR, KEYED, following, sync_windows
from ampradio.phy.uplink_frame import NEIGHBOURS, QUIETEST, SURE, final_windows
from ampradio.phy.uplink_track import UplinkTrack, of_row
from ampradio.phy.viterbi import branch_signs
from ampradio.profile.model import Profile


class CodedLoop:
    """What the loop needs to know of one rate and scrambler seed."""

    def __init__(self, profile: Profile, chips: UplinkChips, seed_index: int, header_octets: int, margin: int) -> None:
        """Prepare; frames that are not short have at least ``header_octets``."""
        from ampradio.phy.uplink_soft_loops import log_i0_table

        accelerator.prepare("ampradio.phy.coded_frame_loops")
        uplink = profile.uplink
        tables = frame_tables(profile.mac, scrambler_seed(uplink, seed_index))
        lengths = np.array((tables.short, header_octets, uplink.bcc_tail_bits), np.int64)
        code = (uplink.bcc_polynomial_a, uplink.bcc_polynomial_b, uplink.bcc_constraint)
        softness = np.array((NEIGHBOURS, SURE, QUIETEST, CLEAR))
        windows = (np.array(sync_windows(chips)), np.array(final_windows(chips)))
        self._chip = chips.chip
        self._before = (chips.sync, chips.chip, lengths, *windows, float(margin), *following(chips))
        self._after = (softness, log_i0_table(), branch_signs(uplink), np.array(code, np.int64))
        self._tables = (tables.crc, tables.sizes, tables.whitening)
        self._most = int(tables.sizes.max())
        self._tail = uplink.bcc_tail_bits

    def read_on(self, begun: CodedFrameState, samples: npt.NDArray[np.complex64], turn: float, floor: float) -> int:
        """Read on in ``samples`` (1, n) from where ``begun`` is; return what ``coded_frame_loops`` calls it."""
        from ampradio.phy.coded_frame_loops import read_on

        begun.grow(samples.shape[1])
        least = KEYED * float(np.sqrt(floor * self._chip))
        row = np.ascontiguousarray(samples[0])
        octets, decided = np.empty(self._most, np.uint8), np.empty(8 * self._most + self._tail, np.uint8)
        found = read_on(
            row, turn, begun.sums, begun.state, least, *self._before, *self._after, *self._tables, octets, decided
        )
        begun.psdu = octets[: begun.octets].tobytes()
        begun.bits = decided[: 8 * begun.octets + self._tail]
        return int(found)


class CodedFrameState:
    """How far a frame was read: ``psdu`` and ``bits`` are what the last step gave."""

    def __init__(self, start: float, stretch: float, short_octets: int) -> None:
        """Begin at a sync of which ``start`` (samples) and ``stretch`` are known."""
        from ampradio.phy.coded_frame_loops import FIRST, ROWS

        self.state = np.zeros((ROWS, 4))
        self.state[0, :2] = start, stretch
        self.state[3, :2] = FIRST, short_octets
        self.sums = np.zeros(1, np.complex128)
        self.psdu = b""
        self.bits = np.zeros(0, np.uint8)

    @property
    def octets(self) -> int:
        """Of the step that is next, or was last."""
        return int(self.state[3, 1])

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

    def timing(self, row: int) -> ChipTiming:
        """Return the timing in a row of the state."""
        return of_row(self.state[row])[0]

    def track(self, row: int) -> UplinkTrack:
        """Return the track in a row of the state, with the sums of what was read."""
        return UplinkTrack(self.sums[np.newaxis, : int(self.state[3, 3]) + 1], *of_row(self.state[row]))


@lru_cache(maxsize=64)
def coded_loop(own: Itself, chips: UplinkChips, seed_index: int, header_octets: int, margin: int) -> CodedLoop:
    """Return the loop for these; kept, for windows come and go."""
    return CodedLoop(own.profile, chips, seed_index, header_octets, margin)
