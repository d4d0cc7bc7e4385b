"""MC-OOK: the ON symbol of the downlink chips and the pseudo-random phase each symbol gets (rules 12 and 16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.phy.scrambler import sequence
from ampradio.profile.airtime import samples
from ampradio.profile.model import Downlink


@dataclass(frozen=True)
class ChipRun:
    """A field made of chips of one duration: ``chips`` (…, n), 1 = ON."""

    name: str
    chips: npt.NDArray[np.uint8]
    chip_ns: int

    @property
    def duration_ns(self) -> int:
        """The nominal duration of the field."""
        return int(self.chips.shape[-1]) * self.chip_ns


def ones(name: str, duration_ns: int, chip_ns: int) -> ChipRun:
    """Return a run of ON chips that lasts at least ``duration_ns``, rounded up to whole chips."""
    return ChipRun(name, np.ones(-(-duration_ns // chip_ns), np.uint8), chip_ns)


@lru_cache(maxsize=16)
def on_symbol(downlink: Downlink, chip_ns: int, rate_sps: int) -> npt.NDArray[np.complex64]:
    """Return one ON symbol of ``chip_ns`` with unit mean power, shape (samples,).

    The 2 µs symbol is a prefix and the periodic output of the 802.11ba recipe; the 0.5 µs symbol is the first
    outputs of the same transform. Raises ValueError if the chip is not a whole number of samples.
    """
    period_s = downlink.on_period_samples / (downlink.on_fft_points * downlink.subcarrier_spacing_hz)
    whole = round(period_s * 1e9) + downlink.on_prefix_ns == chip_ns
    time_s = np.arange(samples(chip_ns, rate_sps)) / rate_sps - (downlink.on_prefix_ns * 1e-9 if whole else 0.0)
    carriers_hz = np.array(downlink.on_carriers) * downlink.subcarrier_spacing_hz
    wave = np.array(downlink.on_values) @ np.exp(2j * np.pi * np.outer(carriers_hz, time_s))
    symbol: npt.NDArray[np.complex64] = (wave / np.sqrt(np.mean(np.abs(wave) ** 2))).astype(np.complex64)
    symbol.setflags(write=False)
    return symbol


def phase_bits(downlink: Downlink, count: int, first: int = 0) -> npt.NDArray[np.uint8]:
    """Return the phase (0 → +1, 1 → −1) of chips ``first``… of a PPDU, counted from its first AMP chip, (count,)."""
    return sequence(downlink.phase_seed, count, first, downlink.phase_taps)


def waveform(downlink: Downlink, runs: Sequence[ChipRun], rate_sps: int) -> npt.NDArray[np.complex64]:
    """Return the samples (…, n) of consecutive chip fields; the phase generator starts at the first chip of the first.

    The leading axes of the runs' chips are broadcast against each other.
    """
    lead = np.broadcast_shapes(*(run.chips.shape[:-1] for run in runs))
    out = np.empty((*lead, sum(samples(run.duration_ns, rate_sps) for run in runs)), np.complex64)
    chip = start = 0
    for run in runs:
        count = run.chips.shape[-1]
        symbol = on_symbol(downlink, run.chip_ns, rate_sps)
        off_plus_minus = np.stack((np.zeros_like(symbol), symbol, -symbol))
        which = run.chips * (1 + phase_bits(downlink, count, chip))
        stop = start + count * symbol.size
        part = out[..., start:stop].reshape(*lead, count, symbol.size)  # a view
        if which.shape[:-1] == lead:
            np.take(off_plus_minus, which, axis=0, out=part, mode="clip")  # else it works in a copy
        else:
            part[...] = off_plus_minus[which]
        chip, start = chip + count, stop
    return out
