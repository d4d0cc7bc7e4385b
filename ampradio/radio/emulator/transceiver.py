"""The AD9363A of a PlutoSDR as its Linux driver shows it: rates, tuning and gains with their ranges and rounding.

Source: Linux, drivers/iio/adc/ad9361.c of Analog Devices' tree (limits, PLL arithmetic); reference manual UG-570.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Callable
from dataclasses import dataclass

from ampradio.radio.emulator.iio_tree import Refused, number

XO_HZ = 40_000_000
LO_RANGE_HZ = (325_000_000, 3_800_000_000)
BANDWIDTH_RANGE_HZ = (200_000, 20_000_000)
MOST_RATE_SPS = 61_440_000
LEAST_ADC_SPS = 25_000_000
GAIN_MODES = ("manual", "fast_attack", "slow_attack", "hybrid")
ENSM_MODES = ("sleep", "wait", "alert", "fdd", "pinctrl", "pinctrl_fdd_indep")
LEAST_TX_GAIN_DB = -89.75
_PLL_REFERENCE_HZ, _PLL_MODULUS, _LEAST_VCO_HZ = 80_000_000, 8_388_593, 6_000_000_000
_BBPLL_RANGE_HZ = (715_000_000, 1_430_000_000)
_MOST_ADC_SPS = 320_000_000


def tuned_hz(asked_hz: int) -> int:
    """Return the frequency that the fractional synthesiser reads back after ``asked_hz``, a few hertz off at most."""
    lowest, highest = LO_RANGE_HZ
    if not lowest <= asked_hz <= highest:
        raise Refused(errno.EINVAL)
    shift = 0
    while asked_hz << shift <= _LEAST_VCO_HZ:
        shift += 1
    whole, rest = divmod(asked_hz << shift, _PLL_REFERENCE_HZ)
    fraction = (rest * _PLL_MODULUS + _PLL_REFERENCE_HZ // 2) // _PLL_REFERENCE_HZ
    return (_PLL_REFERENCE_HZ * whole + _PLL_REFERENCE_HZ * fraction // _PLL_MODULUS) >> shift


def gain_range_db(lo_hz: int) -> tuple[int, int]:
    """Return the lowest and the highest receive gain of the table that the driver uses at ``lo_hz``."""
    if lo_hz <= 1_300_000_000:
        return (-1, 73)
    return (-3, 71) if lo_hz <= 4_000_000_000 else (-10, 62)


@dataclass
class Transceiver:
    """Settings of one AD9363A, as after boot; every ``set_…`` raises Refused for what the driver refuses."""

    rate_sps: int = 30_720_000
    rx_lo_hz: int = 2_400_000_000
    tx_lo_hz: int = 2_450_000_000
    rx_powered: bool = True
    tx_powered: bool = True
    rx_bandwidth_hz: int = 18_000_000
    tx_bandwidth_hz: int = 18_000_000
    gain_mode: str = "slow_attack"
    rx_gain_db: int = 71
    tx_gain_db: float = -10.0
    ensm: str = "fdd"
    loopback: int = 0
    fir_on: bool = False
    fir_decimation: int = 0  # 0: none loaded
    fir_taps: int = 0
    rx_power_dbfs: Callable[[], float] = lambda: -100.0  # of the newest block, for RSSI

    @property
    def running(self) -> bool:
        """Whether both chains are on."""
        return self.ensm in ("fdd", "pinctrl", "pinctrl_fdd_indep")

    def least_rate_sps(self) -> int:
        """Return the lowest sample rate: the ADC's, through three half-band filters and the FIR if that is on."""
        return LEAST_ADC_SPS // (12 * (self.fir_decimation if self.fir_on else 1))

    def set_rate(self, rate_sps: int) -> None:
        """Set the rate of both directions."""
        if not self.least_rate_sps() <= rate_sps <= MOST_RATE_SPS:
            raise Refused(errno.EINVAL)
        self.rate_sps = rate_sps

    def load_fir(self, text: str) -> None:
        """Load a filter file: its decimation and its taps."""
        decimation, taps = 1, 0
        for line in text.replace("\0", "").splitlines():
            words = line.split()
            if words[:1] == ["RX"] and "DEC" in words[:-1]:
                decimation = int(number(words[words.index("DEC") + 1]))
            elif line and (line[0].isdigit() or line[0] == "-"):
                for each in line.split(","):
                    number(each)
                taps += 1
        if decimation not in (1, 2, 4) or not 16 <= taps <= 128 or taps % 16:
            raise Refused(errno.EINVAL)
        self.fir_decimation, self.fir_taps = decimation, taps

    def enable_fir(self, on: bool) -> None:
        """Switch the FIR, which a low rate cannot do without."""
        if on and not self.fir_decimation:
            raise Refused(errno.EINVAL)
        if not on and self.rate_sps < LEAST_ADC_SPS // 12:
            raise Refused(errno.EINVAL)
        self.fir_on = on

    def set_bandwidth(self, bandwidth_hz: int, transmit: bool) -> None:
        """Set the analogue filter of a direction; the driver keeps it within the range without a word."""
        bandwidth_hz = min(max(bandwidth_hz, BANDWIDTH_RANGE_HZ[0]), BANDWIDTH_RANGE_HZ[1])
        if transmit:
            self.tx_bandwidth_hz = bandwidth_hz
        else:
            self.rx_bandwidth_hz = bandwidth_hz

    def tune(self, lo_hz: int, transmit: bool) -> None:
        """Tune a direction; a gain beyond the new band's table goes to its end."""
        if transmit:
            self.tx_lo_hz = tuned_hz(lo_hz)
            return
        self.rx_lo_hz = tuned_hz(lo_hz)
        least, most = gain_range_db(self.rx_lo_hz)
        self.rx_gain_db = min(max(self.rx_gain_db, least), most)

    def set_rx_gain(self, gain_db: float) -> None:
        """Set the receive gain, in whole dB, in manual mode."""
        if self.gain_mode != "manual":
            raise Refused(errno.EOPNOTSUPP)
        least, most = gain_range_db(self.rx_lo_hz)
        if not least <= gain_db <= most:
            raise Refused(errno.EINVAL)
        self.rx_gain_db = int(gain_db)

    def set_tx_gain(self, gain_db: float) -> None:
        """Set the transmit attenuation as a gain of at most 0 dB, in steps of 0.25 dB."""
        if not LEAST_TX_GAIN_DB <= gain_db <= 0:
            raise Refused(errno.EINVAL)
        self.tx_gain_db = math.trunc(gain_db * 4) / 4

    def path_rates(self, receive: bool) -> str:
        """Return the rates from the baseband PLL to the samples, as the driver prints them."""
        fir = self.fir_decimation if self.fir_on else 1
        core = self.rate_sps * fir
        total = next((each for each in (12, 8, 6, 4, 3, 2) if core * each <= _MOST_ADC_SPS), 2)
        first, second, third = {12: (3, 2, 2), 8: (2, 2, 2), 6: (3, 2, 1), 4: (2, 2, 1), 3: (3, 1, 1), 2: (2, 1, 1)}[
            total
        ]
        adc = core * total
        bbpll = adc * 2
        while bbpll < _BBPLL_RANGE_HZ[0]:
            bbpll *= 2
        stages = (bbpll, adc, adc // first, adc // first // second, adc // first // second // third, self.rate_sps)
        words = (
            ("BBPLL", "ADC", "R2", "R1", "RF", "RXSAMP") if receive else ("BBPLL", "DAC", "T2", "T1", "TF", "TXSAMP")
        )
        return " ".join(f"{word}:{rate}" for word, rate in zip(words, stages, strict=True))
