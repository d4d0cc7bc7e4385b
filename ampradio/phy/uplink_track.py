"""Where the chips of an active uplink are and how its carrier turns: what is fitted to them, packet by packet.

Positions are in samples from the first edge of the AMP-Sync; the samples are derotated by a carrier estimate and what
is left is a slow phase.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming

_FINE = 32  # steps of the fine phasor; the coarse one turns by as many


@dataclass(frozen=True)
class CarrierPhase:
    """Phase of the ON carrier left after derotation: ``phase`` + ``turn``·position, radians, both (packets,)."""

    phase: npt.NDArray[np.float64]
    turn: npt.NDArray[np.float64]

    def against(
        self, first: npt.NDArray[np.float64], step: npt.NDArray[np.float64], count: int
    ) -> npt.NDArray[np.complex128]:
        """Return the factors (packets, count) that turn the carrier onto the real axis.

        They are for the positions ``first``, ``first`` + ``step``, … (both (packets,)).
        """
        rows = -(-count // _FINE)
        fine = (-1j * self.turn * step)[:, np.newaxis]
        coarse = fine * (_FINE * np.arange(rows)) - 1j * (self.phase + self.turn * first)[:, np.newaxis]
        factors: npt.NDArray[np.complex128] = (
            np.exp(coarse)[:, :, np.newaxis] * np.exp(fine * np.arange(_FINE))[:, np.newaxis]
        )
        return factors.reshape(first.size, rows * _FINE)[:, :count]


@dataclass(frozen=True)
class UplinkTrack:
    """Where the chips are and how the carrier turns, for derotated samples given as their running sum.

    ``sums`` (rows, n + 1) may have several tracks, one after the other, to each of its rows.
    """

    sums: npt.NDArray[np.complex128]
    timing: ChipTiming
    carrier: CarrierPhase
    _rows: npt.NDArray[np.float64] | None = field(default=None, init=False, repr=False, compare=False)

    def of(self, rows: npt.NDArray[np.intp]) -> UplinkTrack:
        """Return the tracks of some packets, each with its own row of sums."""
        carrier = CarrierPhase(self.carrier.phase[rows], self.carrier.turn[rows])
        whole = np.array_equal(rows, np.arange(self.sums.shape[0]))
        return UplinkTrack(self.sums if whole else self.sums[rows], self.timing.of(rows), carrier)

    def with_rows(self, rows: npt.NDArray[np.intp], part: UplinkTrack) -> UplinkTrack:
        """Return these tracks with the timing and carrier of ``part`` in ``rows``."""
        start, stretch = self.timing.start.copy(), self.timing.stretch.copy()
        phase, turn = self.carrier.phase.copy(), self.carrier.turn.copy()
        start[rows], stretch[rows] = part.timing.start, part.timing.stretch
        phase[rows], turn[rows] = part.carrier.phase, part.carrier.turn
        return UplinkTrack(self.sums, ChipTiming(start, stretch), CarrierPhase(phase, turn))

    def as_rows(self) -> npt.NDArray[np.float64]:
        """Return start, stretch, phase and turn of each packet, (packets, 4), as the accelerator's loops take them."""
        if self._rows is not None:
            return self._rows
        rows = np.empty((self.timing.start.size, 4))
        rows[:, 0], rows[:, 1] = self.timing.start, self.timing.stretch
        rows[:, 2], rows[:, 3] = self.carrier.phase, self.carrier.turn
        return rows

    def moved_to(self, rows: npt.NDArray[np.float64]) -> UplinkTrack:
        """Return this track with the timing and carrier of ``rows``, as ``as_rows`` gives them."""
        timing, carrier = ChipTiming(rows[:, 0], rows[:, 1]), CarrierPhase(rows[:, 2], rows[:, 3])
        moved = UplinkTrack(self.sums, timing, carrier)
        object.__setattr__(moved, "_rows", rows)  # so that the next loop need not put them together again
        return moved


def of_row(row: npt.NDArray[np.float64]) -> tuple[ChipTiming, CarrierPhase]:
    """Return timing and carrier of one packet from start, stretch, phase and turn (4,)."""
    own = row.copy()
    return ChipTiming(own[:1], own[1:2]), CarrierPhase(own[2:3], own[3:])
