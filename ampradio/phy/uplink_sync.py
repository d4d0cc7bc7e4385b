"""Search for the AMP-Sync of an active uplink under an unknown carrier (megahertz) and chip clock, vectorised.

Two stages on a grid of fractions of a chip. First each chip is integrated at a bank of carriers and the ON chips'
energy compared with the OFF chips'; what stands out is then added up coherently over all ON chips by an FFT across
the word, which decides and gives the carrier. Air-interface page, sections 2 and 3; performance page, section 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.phy.amp_sync import uplink_chips
from ampradio.phy.edge_timing import PPM, ChipTiming
from ampradio.profile.airtime import uplink_chip_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind

BANK = (-2 / 3, 0.0, 2 / 3)  # clock hypotheses as fractions of the tolerance
BLOCK_CHIPS = 64
_CARRIER_STEP = 0.4  # of the chip rate
_FFT = 128
_NOISE_SIGMAS = 3.6
_CONTRAST = 0.25  # least ON-minus-OFF over ON-plus-OFF
_COHERENT = 22.0  # least coherent energy of the word over the noise energy of a chip
LIKENESS = 0.5  # where a PPDU is expected and a miss is worse than a false start
LIKENESS_UNASKED = 0.65
_LIKENESS_GAIN = 0.9  # how much more is asked for per unit of mean correlation above the next
_LIKENESS_FROM = 0.65
_VERIFIED_AT_ONCE = 96
_SIDELOBE_CHIPS = 24  # how far before the word something may pass; further after it, its data may
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class UplinkSyncHits:
    """Per packet: whether a sync was found, its timing (samples), its carrier and the energy that speaks for it."""

    found: npt.NDArray[np.bool_]
    timing: ChipTiming
    carrier_hz: npt.NDArray[np.float64]
    energy: npt.NDArray[np.float64]


class UplinkSync:
    """The two-stage correlator of one uplink rate."""

    def __init__(self, profile: Profile, rate_bps: int, sample_rate_sps: int, likeness: float = LIKENESS) -> None:
        """Prepare the banks; ValueError for a rate that does not exist or chips that are not whole samples.

        ``likeness`` is how well the chip energies must correlate with the word, over the mean at that SNR: more
        misses some weak words, less takes more data for one.
        """
        self._likeness = likeness
        up = profile.uplink
        chip_ns = uplink_chip_ns(profile, PpduKind.UL_ACTIVE, rate_bps)
        self.chip, rest = divmod(chip_ns * sample_rate_sps, _NS_PER_S)
        if rest:
            raise ValueError(f"a chip of {chip_ns} ns is not whole samples at {sample_rate_sps} S/s")
        self.grid = self.chip // 4 if self.chip % 4 == 0 else 1
        self._per_chip = self.chip // self.grid
        self._rate_sps = sample_rate_sps
        word = uplink_chips(up, PpduKind.UL_ACTIVE)
        self._on, self._off = np.flatnonzero(word), np.flatnonzero(word == 0)
        self._signs = word.astype(np.float32) * 2 - 1
        self._clocks = 1 + np.array(BANK) * up.chip_tolerance_ppm * PPM
        chips = np.arange(word.size) * self._per_chip
        self._offsets = np.rint(chips * self._clocks[:, np.newaxis]).astype(np.intp)
        self._carriers = _carrier_bank(profile, sample_rate_sps / self.chip) / sample_rate_sps
        self.block = BLOCK_CHIPS * self._per_chip
        self._taps = int(self._offsets.max()) + 1
        self._difference = self._toeplitz(self._signs, clocks=range(len(BANK)))
        self._total = self._toeplitz(np.abs(self._signs), clocks=(len(BANK) // 2,))
        time = np.arange(self.grid)
        self._kernel = np.exp(-2j * np.pi * np.outer(time, self._carriers)).astype(np.complex64)
        self._advance = np.exp(-2j * np.pi * self.grid * self._carriers).astype(np.complex64)

    @property
    def reach(self) -> int:
        """How many samples from the start of a block of positions its search reads."""
        return (self.block + self._taps + self._per_chip) * self.grid

    def search(self, samples: npt.NDArray[np.complex64], floor: npt.NDArray[np.float64]) -> UplinkSyncHits:
        """Return the first sync that begins in the first ``block`` grid positions of ``samples`` (packets, ≥ reach).

        ``floor`` (packets,) is the tracked noise power per sample, 0 if not known.
        """
        chips = self._chip_sums(samples[:, : self.reach])
        energy = chips.real**2 + chips.imag**2
        shape = (*energy.shape[:2], len(BANK), self.block)
        difference = np.matmul(energy, self._difference).reshape(shape)
        total = np.matmul(energy, self._total)[:, :, np.newaxis]
        noise = np.float32(_NOISE_SIGMAS * math.sqrt(self._signs.size) * self.chip) * floor.astype(np.float32)
        passed = (difference > noise[:, None, None, None]) & (difference > np.float32(_CONTRAST) * total)
        return self._verified(chips, np.where(passed, difference, 0), floor)

    def _verified(
        self, chips: npt.NDArray[np.complex64], score: npt.NDArray[np.float32], floor: npt.NDArray[np.float64]
    ) -> UplinkSyncHits:
        packets = score.shape[0]
        flat = score.reshape(packets, -1)
        if not flat.any():
            nothing = np.zeros(packets)
            return UplinkSyncHits(nothing > 0, ChipTiming(nothing, nothing + 1), nothing, nothing)
        strongest = np.sort(np.argpartition(flat, -_VERIFIED_AT_ONCE, axis=1)[:, -_VERIFIED_AT_ONCE:], axis=1)
        carrier, clock, position = np.unravel_index(strongest, score.shape[1:])
        row = np.arange(packets)[:, np.newaxis, np.newaxis]
        grid = position[..., np.newaxis] + self._offsets[clock]
        turn = np.exp(-2j * np.pi * self.grid * (self._carriers[carrier][..., np.newaxis] * grid)).astype(np.complex64)
        word = chips[row, carrier[..., np.newaxis], grid] * turn
        each = np.abs(word) ** 2
        off = np.mean(each[..., self._off], axis=2)
        heard = np.zeros((*word.shape[:2], _FFT), np.complex64)
        heard[..., self._on] = word[..., self._on]
        spectrum = np.abs(np.fft.fft(heard, axis=2)) ** 2 / self._on.size
        bin_ = np.argmax(spectrum, axis=2)
        energy = np.take_along_axis(spectrum, bin_[..., np.newaxis], 2)[..., 0]
        noise = np.maximum(off, floor[:, np.newaxis] * self.chip)
        passed = (np.take_along_axis(flat, strongest, 1) > 0) & (energy > _COHERENT * noise)
        passed &= self._alike(each, floor[:, np.newaxis] * self.chip)
        pick = (np.arange(packets), self._first_peak(np.where(passed, energy, 0.0), position))
        found = passed[pick]
        stretch = self._clocks[clock[pick]]
        fine = _centred(bin_[pick] / _FFT) / (self.chip * stretch)
        carrier_hz = (self._carriers[carrier[pick]] + fine) * self._rate_sps
        start = position[pick].astype(np.float64) * self.grid
        return UplinkSyncHits(found, ChipTiming(start, stretch), carrier_hz, energy[pick] * found)

    def _first_peak(self, energy: npt.NDArray[np.float64], position: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return which candidate (packets, n) is the highest of the earliest lot; 0 where none has ``energy``."""
        begin = np.where(energy > 0, position, self.block).min(axis=1)
        for _ in range(2):  # what was taken for the first may have been a sidelobe of the next
            stop = begin + _SIDELOBE_CHIPS * self._per_chip
            near = (position >= begin[:, np.newaxis]) & (position <= stop[:, np.newaxis])
            best: npt.NDArray[np.intp] = np.argmax(np.where(near, energy, 0.0), axis=1)
            begin = np.take_along_axis(position, best[:, np.newaxis], 1)[:, 0]
        return best

    def _alike(self, each: npt.NDArray[np.float32], noise: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return whether the chip energies (…, 48) correlate with the word as they should at this SNR.

        For ON energy s and noise n per chip the correlation is s/(s + 2n) in the mean, and it scatters less the
        higher that is.
        """
        signal = np.maximum(each[..., self._on].mean(axis=-1) - noise, 0) + np.finfo(np.float32).tiny
        mean = signal / (signal + 2 * noise)
        least = mean * (self._likeness + _LIKENESS_GAIN * np.maximum(mean - _LIKENESS_FROM, 0))
        spread = each - each.mean(axis=-1, keepdims=True)
        scale = np.sqrt((spread * spread).sum(axis=-1) * self._signs.size)
        alike: npt.NDArray[np.bool_] = (spread @ self._signs) > least * scale
        return alike

    def _chip_sums(self, samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
        """Return chip integrals (packets, carriers, positions), each derotated from its own first sample."""
        parts = samples.shape[1] // self.grid
        part = np.matmul(samples[:, : parts * self.grid].reshape(-1, parts, self.grid), self._kernel)
        part = np.ascontiguousarray(part.transpose(0, 2, 1))
        count = parts - self._per_chip + 1
        sums: npt.NDArray[np.complex64] = part[..., :count].copy()
        for step in range(1, self._per_chip):
            sums += part[..., step : step + count] * (self._advance**step)[:, np.newaxis]
        return sums[..., : self.block + self._taps]

    def _toeplitz(self, weights: npt.NDArray[np.float32], clocks: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return the matrix (grid points, clocks · positions) that correlates with ``weights`` at every position."""
        matrix = np.zeros((self.block + self._taps, len(clocks), self.block), np.float32)
        positions = np.arange(self.block)
        for column, clock in enumerate(clocks):
            for offset, weight in zip(self._offsets[clock], weights, strict=True):
                matrix[positions + offset, column, positions] = weight
        return matrix.reshape(matrix.shape[0], -1)


def _carrier_bank(profile: Profile, chip_rate_hz: float) -> npt.NDArray[np.float64]:
    limit_hz = profile.uplink.carrier_hz * profile.uplink.carrier_tolerance_ppm * PPM
    count = max(2, math.ceil(2 * limit_hz / (_CARRIER_STEP * chip_rate_hz)))
    step_hz = 2 * limit_hz / count
    bank: npt.NDArray[np.float64] = -limit_hz + step_hz * (np.arange(count) + 0.5)
    return bank


def _centred(cycles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return cycles - np.round(cycles)
