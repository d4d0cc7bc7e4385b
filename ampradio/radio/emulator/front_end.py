"""From the antenna to the converter: noise, gain, 12 bits. The levels of a PlutoSDR, within a few dB."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ampradio.radio.emulator.transceiver import Transceiver, gain_range_db

Samples = npt.NDArray[np.complex64]
Codes = npt.NDArray[np.int16]
ADC_CODES = 2048
DAC_CODES = 32768
FULL_SCALE_TX_DBM = 7.0  # a tone of full scale without attenuation
FULL_SCALE_RX_DBM = 4.0  # what fills the converter at a gain of 0 dB
THERMAL_DBM_HZ = -173.98  # kT at 290 K
ADC_NOISE_CODES = 0.7
_AGC_TARGET_DBFS = -12.0


class Noise(Protocol):
    """A receiver's own noise."""

    def added_to(self, samples: Samples, power: float) -> Samples:
        """Return ``samples``, which may be overwritten, plus white Gaussian noise of that mean power."""


class NumpyNoise:
    """Noise as numpy draws it, of its own for every radio of a seed."""

    def __init__(self, seed: int, index: int) -> None:
        self._rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(index,))))

    def added_to(self, samples: Samples, power: float) -> Samples:
        """See ``Noise``."""
        drawn = self._rng.standard_normal(2 * samples.size, dtype=np.float32)
        drawn *= np.float32(np.sqrt(power / 2))
        samples += drawn.view(np.complex64)
        return samples


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

    @property
    def clock_rate(self) -> Fraction:
        """How fast the sample clock runs: 1 without an error."""
        return 1 + Fraction(round(self.clock_ppm * 1_000), 1_000_000_000)


def sent_amplitude(chip: Transceiver) -> float:
    """Return the amplitude of a full-scale sample at the antenna, in square roots of a milliwatt."""
    if not chip.tx_powered or not chip.running:
        return 0.0
    return float(10 ** ((FULL_SCALE_TX_DBM + chip.tx_gain_db) / 20))


def noise_dbm(board: Board, rate_sps: float) -> float:
    """Return the receiver's noise over the sampled band, at the antenna."""
    return THERMAL_DBM_HZ + board.noise_figure_db + 10 * float(np.log10(rate_sps))


def converted(chip: Transceiver, board: Board, field: Samples, rate_sps: float, noise: Noise) -> Codes:
    """Return (n, 2) codes of the ``field`` at the antenna, which is used up; the gain control sets the gain first."""
    if not chip.running or not chip.rx_powered:
        return np.zeros((field.size, 2), np.int16)
    field_power = float(np.vdot(field, field).real) / max(field.size, 1)
    noise_power = 10 ** (noise_dbm(board, rate_sps) / 10)
    input_dbm = 10 * float(np.log10(field_power + noise_power))
    if chip.gain_mode != "manual":
        least, most = gain_range_db(chip.rx_lo_hz)
        chip.rx_gain_db = int(min(max(FULL_SCALE_RX_DBM + _AGC_TARGET_DBFS - input_dbm, least), most))
    chip.rx_power_dbfs = input_dbm + chip.rx_gain_db - FULL_SCALE_RX_DBM
    scale = ADC_CODES * 10 ** ((chip.rx_gain_db - FULL_SCALE_RX_DBM) / 20)
    # thermal and the converter's own noise are one draw
    analogue = noise.added_to(field, noise_power + 2 * (ADC_NOISE_CODES / scale) ** 2).view(np.float32)
    analogue *= np.float32(scale)
    np.rint(analogue, out=analogue)
    np.clip(analogue, -ADC_CODES, ADC_CODES - 1, out=analogue)
    codes: Codes = analogue.astype(np.int16).reshape(-1, 2)
    return codes
