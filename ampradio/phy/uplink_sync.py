"""Search for the AMP-Sync of an active uplink under an unknown carrier (megahertz) and chip clock, vectorised.

Two stages on a grid of fractions of a chip. First each chip is integrated at a bank of carriers and the ON chips'
energy compared with the OFF chips'; what stands out is then added up coherently over all ON chips by an FFT across
the word, which decides and gives the carrier. Air-interface page, sections 2 and 3; performance page, section 1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.amp_sync import uplink_chips
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.phy.uplink_likeness import LIKENESS_FROM, PEAK_LIKENESS, alike, first_peak, is_no_sidelobe
from ampradio.phy.uplink_sync_banks import banded, carrier_bank, correlated, phasors, word_parts
from ampradio.phy.uplink_sync_hits import EXPECTED, FoundSync, Strictness, UplinkSyncHits
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

BANK = (-2 / 3, 0.0, 2 / 3)  # clock hypotheses as fractions of the tolerance
BLOCK_CHIPS = 64
_SUB_BLOCKS = 4  # correlated apart, by smaller matrices
_FFT = 128  # bins to the chip rate
_BINS = np.arange(-39, 40)  # those that are looked at: the next carrier of the bank has the others
OUTRANKS = 2.0  # so many times stronger a later sync must be than a weak one: the data after that may look like some
_OVERLAP_CHIPS = 4
_COARSE_SIGMAS = 6.0  # noise seldom reaches most of what this asks for
_WEAK = 26.0  # energy of the word over the noise energy of a chip that noise seldom reaches
_SIDELOBE_CHIPS = 32  # how far before the word something may pass; further after it, its data may
_NS_PER_S = 1_000_000_000


class UplinkSync:
    """The two-stage correlator of one uplink kind and rate."""

    def __init__(
        self,
        profile: Profile,
        rate_bps: int,
        sample_rate_sps: int,
        strictness: Strictness = EXPECTED,
        kind: PpduKind = PpduKind.UL_ACTIVE,
        carrier_limit_hz: float | None = None,
    ) -> None:
        """Prepare the banks; ValueError for a rate that does not exist or chips that are not whole samples.

        Carriers up to ``carrier_limit_hz`` off are found, by default the profile's tolerance of active tags.
        """
        self._strictness = strictness
        up = profile.uplink
        chip_ns = uplink_chip_ns(profile, kind, rate_bps)
        self.chip, rest = divmod(chip_ns * sample_rate_sps, _NS_PER_S)
        if rest:
            raise ValueError(f"a chip of {chip_ns} ns is not whole samples at {sample_rate_sps} S/s")
        # the widest step that looks at a chip four times
        self.grid = max((step for step in range(2, self.chip // 4 + 1) if self.chip % step == 0), default=1)
        self._per_chip = self.chip // self.grid
        self.rate_sps = sample_rate_sps
        word = uplink_chips(up, kind)
        self._on, self._off = np.flatnonzero(word), np.flatnonzero(word == 0)
        self._signs = word.astype(np.float32) * 2 - 1
        self._clocks = 1 + np.array(BANK) * up.chip_tolerance_ppm * PPM
        self._bases = word_parts(word.size, self._per_chip, self._clocks)
        apart = np.arange(word.size // self._bases.shape[1]) * self._per_chip
        self._offsets = (self._bases[:, :, np.newaxis] + apart).reshape(self._clocks.size, -1)
        limit_hz = up.carrier_hz * up.carrier_tolerance_ppm * PPM if carrier_limit_hz is None else carrier_limit_hz
        self._carriers = carrier_bank(limit_hz, sample_rate_sps / self.chip) / sample_rate_sps
        self.block = BLOCK_CHIPS * self._per_chip
        self._taps = int(self._offsets.max()) + 1
        self.reach = (self.block + self._taps + self._per_chip) * self.grid  # samples that the search of a block reads
        self._banded = banded(self._signs, self._offsets, self.block // _SUB_BLOCKS)
        turns = np.outer(self._carriers, np.arange(max(self.chip, (self.block + self._taps) * self.grid)))
        phasor = np.exp(-2j * np.pi * (turns - np.rint(turns))).astype(np.complex64)
        self._kernel = np.ascontiguousarray(phasor[:, : self.chip].T)
        self._advance = np.ascontiguousarray(phasor[:, : (self.block + self._taps) * self.grid : self.grid])
        self._spectrum = np.exp(-2j * np.pi / _FFT * np.outer(self._on, _BINS)).astype(np.complex64)
        self._alone = np.empty((5, 1)), np.empty(1)  # what is found in one row, and its floor
        self._loop_tables = self._for_loops() if accelerator.is_on() else None

    @property
    def weak_energy(self) -> float:
        """The energy, over the noise power of a sample, below which a sync ``is_weak``."""
        return _WEAK * self.chip

    @property
    def loop_tables(self) -> tuple[Any, ...]:
        """What the loops of ``uplink_sync_loops`` want to know."""
        self._loop_tables = self._loop_tables or self._for_loops()
        return self._loop_tables

    @property
    def later_looks(self) -> tuple[int, int]:
        """How many samples after a weak sync to look for a PPDU that it was the noise before.

        Both are over before the shortest frame would be.
        """
        return _SIDELOBE_CHIPS * self.chip, (_SIDELOBE_CHIPS + BLOCK_CHIPS - _OVERLAP_CHIPS) * self.chip

    def is_weak(self, energy: float, floor: float) -> bool:
        """Return whether a sync of ``energy`` is as weak as noise may be, so that a stronger one is worth a look."""
        return energy < self.weak_energy * floor

    def search(
        self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64], blocks: int = 1
    ) -> UplinkSyncHits:
        """Return the first sync that begins in the first ``block`` grid positions of ``samples`` (packets, ≥ reach).

        ``floor`` (packets,) is the tracked noise power per sample, 0 if not known. The accelerator goes on to as many
        ``blocks``, until it finds one.
        """
        if accelerator.is_on():
            return self._searched(samples[:, : self.reach + (blocks - 1) * self.block * self.grid], floor, blocks)
        chips = self._chip_sums(samples[:, : self.reach])
        correlation = correlated(
            chips.real * chips.real + chips.imag * chips.imag,
            self._banded,
            self._clocks.size,
            self.block // _SUB_BLOCKS,
        )
        difference, total = correlation[:, :, :, :-1], correlation[:, :, :, -1:]
        sigmas = np.float32(self._strictness.noise_sigmas * math.sqrt(self._signs.size) * self.chip)
        noise = sigmas * floor.astype(np.float32)
        passed = difference > np.maximum(
            np.float32(self._strictness.contrast) * total, noise[:, None, None, None, None]
        )
        packets = samples.shape[0]
        hits = UplinkSyncHits.none(packets)
        for packet in np.flatnonzero(passed.any(axis=(1, 2, 3, 4))):
            score = np.where(passed[packet], difference[packet], 0)
            sync = self._verified(chips[packet], score, float(floor[packet]))
            if sync is not None:
                hits.found[packet], hits.unsettled[packet] = True, sync.unsettled
                hits.timing.start[packet], hits.timing.stretch[packet] = sync.start, sync.stretch
                hits.carrier_hz[packet], hits.energy[packet] = sync.carrier_hz, sync.energy
        return hits

    def first(self, samples: npt.NDArray[np.complex64], floor: float) -> FoundSync | None:
        """Return what ``search`` finds in ``samples`` (1, ≥ reach), if anything."""
        if accelerator.is_on():
            found, floors = self._alone
            floors[0] = floor
            self._search_each(samples[:, : self.reach], floors, 1, found)
            start, stretch, carrier_hz, energy, unsettled = found[:, 0].tolist()
            return FoundSync(start, stretch, carrier_hz, energy, unsettled > 0) if energy > 0 else None
        return self.search(samples, np.array([floor])).sync(0)

    def _searched(
        self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64], blocks: int
    ) -> UplinkSyncHits:
        """Return what ``search`` does, by a compiled loop."""
        found = np.empty((5, samples.shape[0]))
        self._search_each(samples, np.ascontiguousarray(floor), blocks, found)
        start, stretch, carrier_hz, energy, unsettled = found
        return UplinkSyncHits(energy > 0, ChipTiming(start, stretch), carrier_hz, energy, unsettled > 0)

    def _search_each(
        self,
        samples: npt.NDArray[np.complex64],
        floor: npt.NDArray[np.float64],
        blocks: int,
        found: npt.NDArray[np.float64],
    ) -> None:
        from ampradio.phy.uplink_sync_loops import search_each

        rows = samples if samples.flags.c_contiguous else np.ascontiguousarray(samples)
        search_each(rows, floor, blocks, found, *self.loop_tables)

    def _for_loops(self) -> tuple[Any, ...]:
        """Return what ``search_each`` wants after the result."""
        accelerator.prepare("ampradio.phy.uplink_sync_loops")
        strictness = self._strictness
        sigmas = strictness.noise_sigmas * math.sqrt(self._signs.size) * self.chip
        thresholds = (sigmas, strictness.contrast, strictness.coherent, strictness.candidates, self.chip)
        at_peak = min(strictness.likeness, PEAK_LIKENESS)
        likeness = (strictness.likeness, strictness.clearer, LIKENESS_FROM, at_peak)
        upper = self._spectrum[:, _BINS >= 0]
        spectrum = np.ascontiguousarray(np.stack((upper.real, -upper.imag), axis=1))
        sizes = (self.block + self._taps, self.block, _SIDELOBE_CHIPS * self._per_chip)
        numbers = (np.array(thresholds, np.float32), np.array(likeness, np.float32))
        steps = np.arange(self.reach // self.grid)
        carriers = (phasors(self._carriers, steps[: self.grid]), phasors(self._carriers, self.grid * steps))
        ons: npt.NDArray[np.int64] = self._offsets[self._clocks.size // 2, self._on].astype(np.int64)
        vague = self.grid > 1 or self._carriers.size > 2 or strictness.noise_sigmas < _COARSE_SIGMAS
        if vague or ons.size % 6 or self._signs.size % 16:  # a first look in the middle of the banks would not tell
            ons = ons[:0]
        places = (self._offsets.astype(np.int64), self._bases.astype(np.int64), ons)
        banks = np.zeros((3, max(self._clocks.size, self._carriers.size)))
        banks[0, : self._clocks.size], banks[1, : self._carriers.size] = self._clocks, self._carriers
        banks[2, :2] = self.rate_sps, _FFT
        return (*carriers, self._signs, *places, spectrum, *sizes, *numbers, banks)

    def _verified(
        self, chips: npt.NDArray[np.complex64], score: npt.NDArray[np.float32], floor: float
    ) -> FoundSync | None:
        """Return the first sync where one packet has a ``score``, if any."""
        some = np.flatnonzero(score)
        most = self._strictness.candidates
        if some.size > most:
            some = some[np.argpartition(score.reshape(-1)[some], -most)[-most:]]
        carrier, sub, clock, position = np.unravel_index(some, score.shape)
        position += sub * score.shape[-1]
        word = chips[carrier[:, np.newaxis], position[:, np.newaxis] + self._offsets[clock]]
        each = word.real * word.real + word.imag * word.imag
        heard = word[:, self._on] @ self._spectrum
        spectrum = heard.real * heard.real + heard.imag * heard.imag
        bin_ = np.argmax(spectrum, axis=1)
        energy = spectrum[np.arange(some.size), bin_] / self._on.size
        noise = np.maximum(np.add.reduce(each[:, self._off], axis=1) / self._off.size, floor * self.chip)
        stands_out = energy > self._strictness.coherent * noise
        likeness = self._strictness.likeness
        passed = stands_out & alike(each, self._signs, floor * self.chip, likeness, self._strictness.clearer)
        if not passed.any():
            return None
        at_peak = min(likeness, PEAK_LIKENESS)
        peaks = stands_out & alike(each, self._signs, floor * self.chip, at_peak, self._strictness.clearer)
        sidelobe = _SIDELOBE_CHIPS * self._per_chip
        best = first_peak(np.where(peaks, energy, 0), position, int(position[passed].min()), sidelobe)
        stretch = self._clocks[clock[best]]
        fine = float(_BINS[bin_[best]]) / (_FFT * self.chip * stretch)
        carrier_hz = (self._carriers[carrier[best]] + fine) * self.rate_sps
        left = self.block - int(position[best])  # the loudest may be past it
        unsettled = left < self._per_chip or (left < sidelobe and not is_no_sidelobe(each[best], self._signs))
        place = float(position[best] * self.grid), float(stretch)
        return FoundSync(*place, float(carrier_hz), float(energy[best]), unsettled)

    def _chip_sums(self, samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
        """Return chip integrals (packets, carriers, positions) at every grid step, derotated from the first sample."""
        samples = np.ascontiguousarray(samples)
        count = self.block + self._taps
        packet, each = samples.strides
        shape, strides = (samples.shape[0], count, self.chip), (packet, self.grid * each, each)
        windows: npt.NDArray[np.complex64] = np.ndarray(shape, np.complex64, samples, 0, strides)
        sums = np.matmul(np.ascontiguousarray(windows), self._kernel)
        derotated: npt.NDArray[np.complex64] = np.multiply(sums.transpose(0, 2, 1), self._advance, order="C")
        return derotated
