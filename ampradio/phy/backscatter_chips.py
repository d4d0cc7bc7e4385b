"""The chips of a mono-static reply, wiped off its excitation: level, reflection and timing fitted over known chips.

A chip's integral is (level + reflection·s) times the excitation's energy in it, s = ½ for ON and −½ for OFF. The level
is whatever the leak has drifted by since it was subtracted, and half the reflection; a short polynomial follows it.
Positions are in samples from the first edge of the AMP-Sync. Performance page, section 3, steps 4 to 7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import uplink_chips
from ampradio.phy.backscatter_leak import WipedOff
from ampradio.phy.edge_timing import ChipTiming, fit, powers
from ampradio.phy.running_sum import Wide, integral_to
from ampradio.profile.airtime import samples, uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

_RIDGE = 1e-9  # of the first diagonal element: a reply that runs out of the samples leaves nothing to fit
_SLOPE_STEP = 1.0  # samples either side over which the energy's slope is taken
_STRADDLE = 1.0  # samples left out at chip edges when levels are measured
_ORDERS = ((16, 1), (48, 2))  # bits up to which the level is followed by a polynomial of that order
_ORDER = 3


@dataclass(frozen=True, eq=False)
class ReplyTrack:
    """Where the chips lie, how they are reflected, and the level they stand on.

    ``reflection`` (packets,) is ON minus OFF; ``level`` (packets, order + 1) the polynomial over nominal position as a
    part of ``reach``, beyond which it stays as it is there.
    """

    timing: ChipTiming
    reflection: npt.NDArray[np.complex128]
    level: npt.NDArray[np.complex128]
    reach: float

    def of(self, rows: npt.NDArray[np.intp]) -> ReplyTrack:
        """Return the tracks of some packets."""
        return ReplyTrack(self.timing.of(rows), self.reflection[rows], self.level[rows], self.reach)

    def timed(self, timing: ChipTiming) -> ReplyTrack:
        """Return the track under another timing."""
        return ReplyTrack(timing, self.reflection, self.level, self.reach)

    def level_at(self, nominal: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
        """Return the level (packets, m) at ``nominal`` (m,)."""
        terms = np.vander(np.minimum(nominal / self.reach, 1.0), self.level.shape[1], increasing=True)
        level: npt.NDArray[np.complex128] = self.level @ terms.T
        return level


class ReplyChips:
    """Nominal chips of one rate and the fits made on them."""

    def __init__(self, profile: Profile, rate_bps: int, sample_rate_sps: int) -> None:
        """Lay out the chips; ValueError for a rate that does not exist or chips that are not whole samples."""
        kind = PpduKind.UL_MONO_STATIC
        self.rate_bps = rate_bps
        self.chip = float(samples(uplink_chip_ns(profile, kind, rate_bps), sample_rate_sps))
        self.sync = uplink_chips(profile.uplink, kind).astype(np.float64) - 0.5
        self.tolerance_ppm = float(profile.uplink.mono_chip_tolerance_ppm)

    def begin(self, timing: ChipTiming) -> ReplyTrack:
        """Return the track of a reply of which only the timing is known."""
        nothing = np.zeros(timing.start.size, np.complex128)
        return ReplyTrack(timing, nothing, nothing[:, np.newaxis], 1.0)

    def edges(self, bits: int) -> npt.NDArray[np.float64]:
        """Return the nominal chip edges (24 + 2·bits + 1,)."""
        return np.arange(self.sync.size + 2 * bits + 1) * self.chip

    def data_end(self, bits: int) -> float:
        """Return the nominal end of the last of ``bits`` bits."""
        return (self.sync.size + 2 * bits) * self.chip

    def refine(
        self,
        signal: WipedOff,
        track: ReplyTrack,
        bits: int,
        window: float,
    ) -> ReplyTrack:
        """Return ``track`` after it has decided ``bits`` bits: level and reflection, then timing by the chip edges.

        The windows of the edge regression reach ``window`` samples either side.
        """
        edges = self.edges(bits)
        integrals, energy = _within(signal, track.timing.at(edges))
        states = self._states(track, integrals, energy)
        track = self._levelled(track, integrals, energy, states)
        if bits:
            states = self._states(track, integrals, energy)
        return track.timed(self._timed(signal, track, edges[:-1], states, window))

    def bits(self, signal: WipedOff, track: ReplyTrack, bits: int) -> npt.NDArray[np.uint8]:
        """Return the first ``bits`` bits (packets, bits): the half whose energy is aligned with the reflection."""
        integrals, energy = _within(signal, track.timing.at(self.edges(bits)))
        return (self._aligned_bits(track, integrals, energy) > 0).astype(np.uint8)

    def measured(self, signal: WipedOff, track: ReplyTrack, bits: int) -> ReplyTrack:
        """Return ``track`` with level and reflection fitted to the insides of the chips, for what is reported.

        Samples that straddle an edge make the reflection look smaller than it is.
        """
        edges = track.timing.at(self.edges(bits))
        inside = np.stack((edges[:, :-1] + _STRADDLE, edges[:, 1:] - _STRADDLE), axis=2)
        integrals, energy = _within(signal, inside)
        states = self._states(track, integrals[..., 0], energy[..., 0])
        return self._levelled(track, integrals[..., 0], energy[..., 0], states)

    def steered(
        self, signal: WipedOff, track: ReplyTrack, bits: int, change: npt.NDArray[np.float64], pivot: float
    ) -> ReplyTrack:
        """Return ``track`` under the clock, its own plus one of ``change``, under which sync and bits look surest.

        The clock turns about nominal position ``pivot``.
        """
        edges = self.edges(bits)
        level = track.level_at(edges[:-1] + 0.5 * self.chip)[:, np.newaxis]
        tried = track.timing.at(edges)[:, np.newaxis] + change[:, np.newaxis] * (edges - pivot)
        integrals, energy = _within(signal, tried)
        integrals -= level * energy
        integrals *= track.reflection.conj()[:, np.newaxis, np.newaxis]
        aligned = integrals.real
        data = aligned[..., self.sync.size :]
        score = 0.5 * np.add.reduce(np.abs(data[..., 1::2] - data[..., ::2]), axis=2)
        score += aligned[..., : self.sync.size] @ self.sync
        best = change[np.argmax(score, axis=1)]
        return track.timed(ChipTiming(track.timing.start - best * pivot, track.timing.stretch + best))

    def _aligned_bits(
        self, track: ReplyTrack, integrals: npt.NDArray[np.complex128], energy: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        middle = (np.arange(integrals.shape[1]) + 0.5) * self.chip
        aside = (integrals - track.level_at(middle) * energy) * track.reflection.conj()[:, np.newaxis]
        data = aside.real[:, self.sync.size :]
        difference: npt.NDArray[np.float64] = data[:, 1::2] - data[:, ::2]
        return difference

    def _states(
        self, track: ReplyTrack, integrals: npt.NDArray[np.complex128], energy: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Return ½ for ON and −½ for OFF (packets, chips), known or decided."""
        states = np.empty(energy.shape)
        known = self.sync.size
        states[:, :known] = self.sync
        ones = self._aligned_bits(track, integrals, energy) > 0
        states[:, known + 1 :: 2] = ones - 0.5
        states[:, known::2] = 0.5 - ones
        return states

    def _levelled(
        self,
        track: ReplyTrack,
        integrals: npt.NDArray[np.complex128],
        energy: npt.NDArray[np.float64],
        states: npt.NDArray[np.float64],
    ) -> ReplyTrack:
        """Return ``track`` with reflection and level fitted to all chips by least squares."""
        chips = energy.shape[1]
        bits = (chips - self.sync.size) // 2
        order = next((order for most, order in _ORDERS if bits <= most), _ORDER)
        place = (np.arange(chips) + 0.5) / chips
        model = np.empty((*energy.shape, order + 2))
        model[..., 0] = states
        model[..., 1:] = np.vander(place, order + 1, increasing=True)
        weighted = model * energy[..., np.newaxis]
        normal = np.swapaxes(weighted, 1, 2) @ model
        normal += (_RIDGE * normal[:, 1:2, 1:2] + np.finfo(np.float64).tiny) * np.eye(order + 2)
        heard = np.swapaxes(model, 1, 2) @ integrals[..., np.newaxis]
        solved = np.asarray(np.linalg.solve(normal, heard)[..., 0], np.complex128)
        return ReplyTrack(track.timing, solved[:, 0], solved[:, 1:], chips * self.chip)

    def _timed(
        self,
        signal: WipedOff,
        track: ReplyTrack,
        edges: npt.NDArray[np.float64],
        states: npt.NDArray[np.float64],
        window: float,
    ) -> ChipTiming:
        """Return the timing corrected by the regression of edge errors, the first chip's rise from idle among them.

        About an edge half of the energy weighs for and half against the reflection; where it changes sign is where the
        energy since the window's start says so.
        """
        about = np.array([[-window], [0.0], [window], [-_SLOPE_STEP], [_SLOPE_STEP]])
        position = track.timing.at(edges)[:, np.newaxis] + about
        at = _at(signal.reply, position[:, :3:2])
        power = _at(signal.energy, position)
        before, here, after = power[:, 0], power[:, 1], power[:, 2]
        slope = (power[:, 4] - power[:, 3]) / (2 * _SLOPE_STEP)
        spread = after - before
        across = at[:, 1] - at[:, 0] - track.level_at(edges) * spread
        size = np.abs(track.reflection) ** 2
        across *= (track.reflection.conj() / np.where(size > 0, size, np.inf))[:, np.newaxis]
        change = np.diff(states, axis=1, prepend=-0.5)
        error = 0.5 * (after + before) - here - change * across.real
        error /= np.where(slope > 0, slope, np.inf)
        error = np.clip(error, -2 * window, 2 * window)
        weight = slope * slope / np.where(spread > 0, spread, np.inf) * (change != 0)
        return fit(track.timing, powers(edges), error, weight, self.tolerance_ppm)


def _at(sums: npt.NDArray[Wide], position: npt.NDArray[np.float64]) -> npt.NDArray[Wide]:
    """Return running sums at ``position`` (packets, …); one row of sums serves all packets."""
    if sums.shape[0] == 1:
        return integral_to(sums, position.reshape(1, -1)).reshape(position.shape)
    return integral_to(sums, position)


def _within(
    signal: WipedOff, position: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.complex128], npt.NDArray[np.float64]]:
    """Return the reply's integrals and the excitation's energy between positions (packets, …, m + 1)."""
    reply, energy = _at(signal.reply, position), _at(signal.energy, position)
    return reply[..., 1:] - reply[..., :-1], energy[..., 1:] - energy[..., :-1]
