"""From the antenna to the converter: noise, gain, 12 bits. The levels of a PlutoSDR, within a few dB."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Board:
    """What differs between boards of a kind: ``carrier_ppm`` shifts both oscillators."""

    serial: str
    noise_figure_db: float = 3.0
    carrier_ppm: float = 0.0


def sent_amplitude(chip: Transceiver) -> float:
    """Return the amplitude of a full-scale sample at the antenna, in square roots of a milliwatt."""
    if not chip.tx_powered or not chip.running:
        return 0.0
    return float(10 ** ((FULL_SCALE_TX_DBM + chip.tx_gain_db) / 20))


def noise_dbm(board: Board, rate_sps: int) -> float:
    """Return the receiver's noise over the sampled band, at the antenna."""
    return THERMAL_DBM_HZ + board.noise_figure_db + 10 * float(np.log10(rate_sps))


def converted(chip: Transceiver, board: Board, field: Samples, rate_sps: int, rng: np.random.Generator) -> Codes:
    """Return (n, 2) codes of the ``field`` at the antenna; the gain control, unless manual, sets the gain first."""
    if not chip.running or not chip.rx_powered:
        return np.zeros((field.size, 2), np.int16)
    at_input = field + _noise(field.size, noise_dbm(board, rate_sps), rng)
    input_dbm = 10 * float(np.log10(max(float(np.vdot(at_input, at_input).real) / max(field.size, 1), 1e-20)))
    if chip.gain_mode != "manual":
        least, most = gain_range_db(chip.rx_lo_hz)
        chip.rx_gain_db = int(min(max(FULL_SCALE_RX_DBM + _AGC_TARGET_DBFS - input_dbm, least), most))
    chip.rx_power_dbfs = input_dbm + chip.rx_gain_db - FULL_SCALE_RX_DBM
    scale = ADC_CODES * 10 ** ((chip.rx_gain_db - FULL_SCALE_RX_DBM) / 20)
    analogue = (at_input * np.float32(scale)).view(np.float32).reshape(-1, 2)
    analogue += np.float32(ADC_NOISE_CODES) * rng.standard_normal(analogue.shape, dtype=np.float32)
    codes: Codes = np.clip(np.rint(analogue), -ADC_CODES, ADC_CODES - 1).astype(np.int16)
    return codes


def _noise(count: int, power_dbm: float, rng: np.random.Generator) -> Samples:
    noise = rng.standard_normal(2 * count, dtype=np.float32).view(np.complex64)
    noise *= np.float32(np.sqrt(10 ** (power_dbm / 10) / 2))
    return noise
