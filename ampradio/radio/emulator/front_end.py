"""From the antenna to the converter: noise, gain, 12 bits. The levels of a PlutoSDR, within a few dB."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

import numpy as np

from ampradio.radio.emulator.air import Codes, Field, Samples
from ampradio.radio.emulator.transceiver import Transceiver, gain_range_db

ADC_CODES = 2048
DAC_CODES = 32768
FULL_SCALE_TX_DBM = 7.0  # a tone of full scale without attenuation
FULL_SCALE_RX_DBM = 4.0  # what fills the converter at a gain of 0 dB
THERMAL_DBM_HZ = -173.98  # kT at 290 K
ADC_NOISE_CODES = 0.7
_AGC_TARGET_DBFS = -12.0


class Converter(Protocol):
    """A receiver's noise and its converter."""

    def codes(self, field: Field, scale: float, noise_power: float) -> Codes:
        """Return (n, 2) codes of 12 bits: ``field`` times ``scale`` plus white Gaussian noise of ``noise_power``.

        That is the mean of its square, in squares of a code.
        """


class NumpyConverter:
    """Noise as numpy draws it, of its own for every radio of a seed."""

    def __init__(self, seed: int, index: int) -> None:
        self._rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(index,))))

    def codes(self, field: Field, scale: float, noise_power: float) -> Codes:
        """See ``Converter``."""
        drawn = self._rng.standard_normal(2 * field.window.count, dtype=np.float32)
        drawn *= np.float32(np.sqrt(noise_power / 2))
        drawn += np.float32(scale) * field.samples().view(np.float32)
        return rounded(drawn.view(np.complex64))


def rounded(analogue: Samples) -> Codes:
    """Return (n, 2) codes of samples in units of a code, which are used up."""
    parts = analogue.view(np.float32)
    np.rint(parts, out=parts)
    np.clip(parts, -ADC_CODES, ADC_CODES - 1, out=parts)
    codes: Codes = parts.astype(np.int16).reshape(-1, 2)
    return codes


@dataclass(frozen=True)
class Board:
    """What differs between boards of a kind.

    ``carrier_ppm`` shifts both oscillators, ``clock_ppm`` makes the converters run fast; on a PlutoSDR one crystal
    gives both.
    """

    serial: str
    noise_figure_db: float = 3.0
    carrier_ppm: float = 0.0
    clock_ppm: float = 0.0

    def true_sps(self, rate_sps: int) -> Fraction:
        """Return the rate at which its crystal lets something run that is to run at ``rate_sps``."""
        return _true_sps(rate_sps, self.clock_ppm)


@lru_cache(maxsize=256)
def _true_sps(rate_sps: int, clock_ppm: float) -> Fraction:
    return rate_sps * (1 + Fraction(round(clock_ppm * 1_000), 1_000_000_000))


def sent_amplitude(chip: Transceiver) -> float:
    """Return the amplitude of a full-scale sample at the antenna, in square roots of a milliwatt."""
    if not chip.tx_powered or not chip.running:
        return 0.0
    return float(10 ** ((FULL_SCALE_TX_DBM + chip.tx_gain_db) / 20))


def noise_dbm(board: Board, rate_sps: float) -> float:
    """Return the receiver's noise over the sampled band, at the antenna."""
    return THERMAL_DBM_HZ + board.noise_figure_db + 10 * math.log10(rate_sps)


def converted(chip: Transceiver, board: Board, field: Field, converter: Converter) -> Codes:
    """Return (n, 2) codes of the ``field`` at the antenna; the gain control sets the gain first."""
    if not chip.running or not chip.rx_powered:
        return np.zeros((field.window.count, 2), np.int16)
    noise_power = 10 ** (noise_dbm(board, float(field.window.rate_sps)) / 10)

    def input_dbm() -> float:
        return 10 * math.log10(field.power_mw() + noise_power)

    if chip.gain_mode != "manual":
        least, most = gain_range_db(chip.rx_lo_hz)
        chip.rx_gain_db = int(min(max(FULL_SCALE_RX_DBM + _AGC_TARGET_DBFS - input_dbm(), least), most))
    gain_db = chip.rx_gain_db
    chip.rx_power_dbfs = lambda: input_dbm() + gain_db - FULL_SCALE_RX_DBM  # hardly anybody asks
    scale = ADC_CODES * 10 ** ((gain_db - FULL_SCALE_RX_DBM) / 20)
    # thermal and the converter's own noise are one draw
    return converter.codes(field, scale, scale**2 * noise_power + 2 * ADC_NOISE_CODES**2)
