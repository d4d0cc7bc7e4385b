"""What is asked of an uplink's AMP-Sync before it is taken for one, and what is told of one that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ampradio.phy.edge_timing import ChipTiming


@dataclass(frozen=True)
class Strictness:
    """What is asked of a word before it is taken for a sync: more misses weak ones, less takes noise or data for one.

    ``noise_sigmas``: ON minus OFF, in standard deviations of noise. ``coherent``: energy of the word over the noise
    energy of a chip. ``likeness``: how well the chip energies correlate with the word, over the mean at that SNR;
    ``clearer``: how much more of that per unit of mean correlation, where noise is no excuse. ``contrast``: ON minus
    OFF over ON plus OFF. ``candidates``: so many places of a block at most are looked at coherently.
    """

    noise_sigmas: float
    coherent: float
    likeness: float
    clearer: float = 0.9
    contrast: float = 0.25
    candidates: int = 96


EXPECTED = Strictness(2.2, 16.0, 0.4, contrast=0.2, candidates=200)
"""A PPDU is due: a miss is worse than a false start, which its data tell."""

UNASKED = Strictness(3.6, 22.0, 0.65)
CLEAR = Strictness(6.0, 40.0, 0.6)  # an uncoded frame that can be read has a sync this clear
UNEVEN = Strictness(6.0, 40.0, 0.3, 0.0)  # one whose ON chips differ in energy is no more like the word without noise


class FoundSync(NamedTuple):
    """A sync that was found in one row of samples: where it starts in it, stretch, carrier, energy, how sure it is.

    One that is ``unsettled`` may be a sidelobe of another past the block that was searched.
    """

    start: float
    stretch: float
    carrier_hz: float
    energy: float
    unsettled: bool

    def as_hits(self) -> UplinkSyncHits:
        """Return it as the hits of one packet."""
        timing = ChipTiming(np.array([self.start]), np.array([self.stretch]))
        told = np.array([self.carrier_hz]), np.array([self.energy]), np.array([self.unsettled])
        return UplinkSyncHits(np.ones(1, np.bool_), timing, *told)


@dataclass(frozen=True)
class UplinkSyncHits:
    """Per packet: whether a sync was found, its timing (samples), its carrier and the energy that speaks for it.

    ``unsettled`` is as of ``FoundSync``.
    """

    found: npt.NDArray[np.bool_]
    timing: ChipTiming
    carrier_hz: npt.NDArray[np.float64]
    energy: npt.NDArray[np.float64]
    unsettled: npt.NDArray[np.bool_]

    def of(self, rows: npt.NDArray[np.intp]) -> UplinkSyncHits:
        """Return the hits of some of the packets."""
        told = self.carrier_hz[rows], self.energy[rows], self.unsettled[rows]
        return UplinkSyncHits(self.found[rows], self.timing.of(rows), *told)

    def sync(self, row: int) -> FoundSync | None:
        """Return what was found in ``row``."""
        if not self.found[row]:
            return None
        place = float(self.timing.start[row]), float(self.timing.stretch[row])
        return FoundSync(*place, float(self.carrier_hz[row]), float(self.energy[row]), bool(self.unsettled[row]))

    @classmethod
    def none(cls, packets: int) -> UplinkSyncHits:
        """Return that nothing was found in any of ``packets``."""
        timing = ChipTiming(np.zeros(packets), np.ones(packets))
        carrier_hz, energy = np.zeros((2, packets))
        return cls(np.zeros(packets, np.bool_), timing, carrier_hz, energy, np.zeros(packets, np.bool_))
