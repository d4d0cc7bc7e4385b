"""Clear uncoded uplink frames: read from the samples as they are, by the edges of a few stretches and no interpolation.

With five samples a chip half of what stands 13 dB above the noise is clear, nearly all at 16, hardly any at 11, where a
tenth of frames is lost. What turns out not to be, or fails its check sequence, is for ``uncoded_frame``: nothing is
lost by trying this first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.edge_timing import ChipTiming
from ampradio.phy.frame_check import check_holds
from ampradio.phy.frame_check_loops import frame_tables
from ampradio.phy.scrambler import scramble
from ampradio.phy.uncoded_frame import interpolation
from ampradio.phy.uplink_chips import UplinkChips
from ampradio.phy.uplink_follow import CLEAR, follow_sync, following, openness, sync_windows
from ampradio.phy.uplink_frame import derotated
from ampradio.phy.uplink_powers import STRADDLE
from ampradio.phy.uplink_track import UplinkTrack
from ampradio.profile.model import Mac
from ampradio.psdu import SIZING_OCTETS, frame_octets, octets_of

_COARSELY_CLEAR = 0.75  # in place of CLEAR where chips are of few samples: edges within them close the eye by as much
_LONGER = 4  # times the bits of the stretch before: by its edges the clock is good for as many
_LAST_WINDOW = 0.125  # of a chip; what it cuts of samples evens out over a frame


@dataclass(frozen=True)
class ClearFrames:
    """The PSDU of each packet, None where it was not clear, and its start, stretch, phase and turn (packets, 4)."""

    psdus: list[bytes | None]
    tracks: npt.NDArray[np.float64]


class ClearReader:
    """Reads clear frames of one kind, rate and scrambler seed."""

    def __init__(self, mac: Mac, chips: UplinkChips, seed: int | None, margin: float) -> None:
        """Prepare for frames scrambled with ``seed``, None for none, and ``margin`` samples after them."""
        self._mac, self._chips, self._seed, self._margin = mac, chips, seed, margin
        self._short = mac.short_frame_octets
        self._least = CLEAR if interpolation(chips.chip) == 1 else _COARSELY_CLEAR
        self._window, limit = following(chips)[5:7]
        self._last = _LAST_WINDOW * chips.chip
        how = (chips.chip, margin, self._window, self._last, limit, self._least, _LONGER, self._short, STRADDLE)
        tables = frame_tables(mac, seed)
        self.octets_max = int(tables.sizes.max())
        known = (np.array(how, np.float64), np.array(sync_windows(chips)), chips.sync)
        self.loop_tables = (*known, tables.crc, tables.sizes, tables.whitening)
        accelerator.prepare("ampradio.phy.uncoded_clear_loops")

    def read(
        self, samples: npt.NDArray[np.complex64], start: float, stretch: float, turn: float
    ) -> tuple[bytes | None, list[float], int]:
        """Return the PSDU in ``samples`` (n,), None if it is not clear or not all there, by the accelerator.

        And its start, stretch, phase and turn, and the powers of an ON sample and of the noise; and how many octets it
        has if it is clear so far, but not all there, 0 else. ``start`` (samples), ``stretch`` and ``turn`` (cycles a
        sample) are the sync's.
        """
        from ampradio.phy.uncoded_clear_loops import read_clear

        track, psdu = np.empty(6), np.empty(self.octets_max, np.uint8)
        track[0], track[1] = start, stretch
        octets = read_clear(samples, turn, track, *self.loop_tables, psdu)
        return (psdu[:octets].tobytes() if octets > 0 else None), track.tolist(), -octets if octets < 0 else 0

    def read_each(
        self,
        samples: npt.NDArray[np.complex64],
        timing: ChipTiming,
        turn: npt.NDArray[np.float64],
        room: npt.NDArray[np.intp],
    ) -> ClearFrames:
        """Return what is clear of ``samples`` (packets, n), whose frames begin as ``timing`` says.

        ``turn`` (packets,) is in cycles a sample; of each packet there are ``room`` samples.
        """
        found = ClearFrames([None] * samples.shape[0], np.zeros((samples.shape[0], 4)))
        chips, bits = self._chips, 8 * self._short
        rows = np.flatnonzero(self._needs(timing, self._short) <= room)
        if not rows.size:
            return found
        track = follow_sync(derotated(samples[rows], turn[rows]), timing.of(rows), chips)
        for reach in (bits // 2, bits):
            track = chips.turn(track, reach)
        track = chips.refine(track, bits, self._window)
        track, rows, ones = self._clear(track, rows, bits)
        sizes = np.array([self._size(psdu) for psdu in self._octets(ones)], np.intp)
        sizes[self._needs(track.timing, sizes) > room[rows]] = 0
        for size in np.unique(sizes[sizes > 0]).tolist():
            some = np.flatnonzero(sizes == size)
            self._read_on(track.of(some), rows[some], ones[some], size, found)
        return found

    def _read_on(
        self,
        track: UplinkTrack,
        rows: npt.NDArray[np.intp],
        ones: npt.NDArray[np.bool_],
        octets: int,
        found: ClearFrames,
    ) -> None:
        """Put the frames of ``octets`` in ``rows`` of ``found``, of which ``track`` and ``ones`` are the first bits."""
        chips, bits = self._chips, ones.shape[1]
        while bits < 8 * octets:
            bits = min(_LONGER * bits, 8 * octets)
            track, rows, ones = self._clear(track, rows, bits)
            if bits < 8 * octets:
                track = chips.refine(track, bits, self._window)
        fitted = chips.refine(track, bits, self._last, ones).as_rows()
        for row, psdu, place in zip(rows.tolist(), self._octets(ones), fitted, strict=True):
            if check_holds(self._mac, psdu):
                found.psdus[row] = psdu
                found.tracks[row] = place

    def _clear(
        self, track: UplinkTrack, rows: npt.NDArray[np.intp], bits: int
    ) -> tuple[UplinkTrack, npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Return those of the packets that are clear, which they are, and their first bits."""
        data = self._chips.turned(track, 2 * bits)[:, self._chips.sync.size :]
        clear = np.flatnonzero(openness(data) > self._least)
        return track.of(clear), rows[clear], data[clear, 1::2].real > data[clear, 0::2].real

    def _needs(self, timing: ChipTiming, octets: int | npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        end = timing.start + timing.stretch * (self._chips.sync.size + 16 * np.asarray(octets)) * self._chips.chip
        needed: npt.NDArray[np.float64] = np.ceil(end) + self._margin
        return needed

    def _size(self, psdu: bytes) -> int:
        """Return the octets of the frame that begins with ``psdu``, 0 for none that can be."""
        octets = frame_octets(self._mac, psdu.ljust(SIZING_OCTETS, b"\0")) or 0
        return octets if octets >= self._short else 0

    def _octets(self, ones: npt.NDArray[np.bool_]) -> list[bytes]:
        bits = ones.astype(np.uint8)
        return [octets_of(each) for each in (bits if self._seed is None else scramble(bits, self._seed))]
