"""Search for the AMP-Sync of a mono-static reply, wiped off its excitation, where T1 lets it begin, under any clock.

The reply is compared with an idle stretch followed by the word, whatever the reflection's phase and whatever is left
of the leak: both are free in the fit. The idle stretch tells the word from its own repetition (it is [S S S]).
Air-interface page, sections 3 and 4, rules 22 to 24.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import uplink_chips
from ampradio.phy.backscatter_leak import WipedOff
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.running_sum import integral_to
from ampradio.profile.airtime import samples, uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

CLOCKS = 21
IDLE_CHIPS = 8  # compared before the word: one S
GRID_PER_CHIP = 5
LEAST = 18.0
"""Energy that the word must explain, over the noise density."""
_QUIETEST, _FAINTEST = 1e-12, 1e-30  # least noise, over that energy and at all, so that there is always some


@dataclass(frozen=True, eq=False)
class BackscatterSyncHits:
    """Per packet: whether a reply was found, its timing (samples), and the energy that speaks for it over the noise."""

    found: npt.NDArray[np.bool_]
    timing: ChipTiming
    energy: npt.NDArray[np.float64]


class BackscatterSync:
    """The correlator of one rate, over a bank of clocks and a window of starts."""

    def __init__(self, profile: Profile, rate_bps: int, sample_rate_sps: int) -> None:
        """Prepare the bank; ValueError for a rate that does not exist or chips that are not whole samples."""
        kind = PpduKind.UL_MONO_STATIC
        self._chip = samples(uplink_chip_ns(profile, kind, rate_bps), sample_rate_sps)
        limit = profile.uplink.mono_chip_tolerance_ppm * PPM
        self._clocks = 1 + limit * np.linspace(-1, 1, CLOCKS)
        word = uplink_chips(profile.uplink, kind).astype(np.int8)
        steps = np.diff(word, prepend=0, append=0)
        self._edges = np.flatnonzero(steps).astype(np.float64) * self._chip
        self._steps = -steps[steps != 0].astype(np.float64)
        self._ends = np.array([-IDLE_CHIPS, word.size], np.float64) * self._chip

    def search(self, signal: WipedOff, first: float, last: float) -> BackscatterSyncHits:
        """Return the best reply of each packet that begins between samples ``first`` and ``last``."""
        starts = np.arange(first, last + self._chip / GRID_PER_CHIP, self._chip / GRID_PER_CHIP)
        packets = signal.reply.shape[0]
        best = np.full(packets, -1.0)
        timing = ChipTiming(np.zeros(packets), np.ones(packets))
        for clock in self._clocks:
            explained = self._explained(signal, starts, float(clock))
            where = np.argmax(explained, axis=1)
            most = explained[np.arange(packets), where]
            better = most > best
            best[better] = most[better]
            timing.start[better], timing.stretch[better] = starts[where[better]], clock
        energy = best / np.maximum(signal.noise, _QUIETEST * best + _FAINTEST)
        return BackscatterSyncHits(np.isfinite(best) & (best > 0) & (energy > LEAST), timing, energy)

    def trace(self, signal: WipedOff, starts: npt.NDArray[np.float64], clock: float) -> npt.NDArray[np.float32]:
        """Return what has to exceed ``LEAST`` for each of ``starts`` (n,), of the first packet under ``clock``."""
        energy = self._explained(signal.of(np.array([0])), starts, clock)[0]
        return np.asarray(energy / max(float(signal.noise[0]), _QUIETEST * float(energy.max()) + _FAINTEST), np.float32)

    def _explained(self, signal: WipedOff, starts: npt.NDArray[np.float64], clock: float) -> npt.NDArray[np.float64]:
        """Return the energy (packets, starts) by which chips and a level fit better than a level alone."""
        edges = starts[:, np.newaxis] + clock * np.concatenate((self._edges, self._ends))
        at = integral_to(signal.reply, np.broadcast_to(edges, (signal.reply.shape[0], *edges.shape)))
        power = integral_to(signal.energy, edges[np.newaxis])[0]
        ends = self._ends.size
        on, whole = at[..., :-ends] @ self._steps, at[..., -1] - at[..., -ends]
        on_power, whole_power = power[:, :-ends] @ self._steps, power[:, -1] - power[:, -ends]
        share = on_power / np.maximum(whole_power, np.finfo(np.float64).tiny)
        aside = on - share * whole
        norm = np.maximum(on_power * (1 - share), np.finfo(np.float64).tiny)
        explained: npt.NDArray[np.float64] = (aside.real * aside.real + aside.imag * aside.imag) / norm
        return explained
