"""Setting a PlutoSDR's front end: rate with its filter, tuning, analogue bandwidth, manual gain, loopback."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ampradio.radio.board import Board
from ampradio.radio.errors import RadioSettingError
from ampradio.radio.interface import Loopback, RadioSettings

LEAST_RATE_SPS, MOST_RATE_SPS = 521_000, 61_440_000
_TUNING_HZ = 10  # the synthesiser's fraction is a few hertz wide


def apply_settings(board: Board, wanted: RadioSettings, in_force: RadioSettings | None) -> RadioSettings:
    """Set everything that differs from ``in_force`` and return it as the radio reads it back.

    Raises:
        RadioSettingError: the radio refuses a value; those before it are set.
    """
    _check(board, wanted)
    uri = board.uri
    before = in_force
    if before is None or before.rate_sps != wanted.rate_sps:
        with board.holding(f"a sample rate of {wanted.rate_sps} S/s") as sdr:
            sdr.sample_rate = wanted.rate_sps
            if abs(int(sdr.sample_rate) - wanted.rate_sps) > 1:
                fix = "choose a rate it can make"
                raise RadioSettingError(f"{uri.text}: {wanted.rate_sps} S/s became {sdr.sample_rate}", fix)
    with board.holding(f"a bandwidth of {wanted.bandwidth_hz} Hz") as sdr:
        sdr.rx_rf_bandwidth = sdr.tx_rf_bandwidth = wanted.bandwidth_hz
        bandwidth_hz = int(sdr.rx_rf_bandwidth)
    _tune(board, wanted)
    with board.holding(f"a receive gain of {wanted.rx_gain_db:g} dB") as sdr:
        sdr.gain_control_mode_chan0 = "manual"  # gain control would follow on-off keying
        sdr.rx_hardwaregain_chan0 = wanted.rx_gain_db
        rx_gain_db = float(sdr.rx_hardwaregain_chan0)
    with board.holding(f"a transmit attenuation of {wanted.tx_attenuation_db:g} dB") as sdr:
        sdr.tx_hardwaregain_chan0 = -wanted.tx_attenuation_db
        tx_attenuation_db = -float(sdr.tx_hardwaregain_chan0) + 0.0
    set_loopback(board, wanted.loopback)
    return replace(wanted, bandwidth_hz=bandwidth_hz, rx_gain_db=rx_gain_db, tx_attenuation_db=tx_attenuation_db)


def set_loopback(board: Board, loopback: Loopback) -> None:
    """Close or open a loopback; with the digital one the transmitter's oscillator is off, so that nothing radiates."""
    with board.holding(f"loopback {loopback.name.lower()}") as sdr:
        if loopback is Loopback.DIGITAL:
            _power_transmitter(sdr, on=False)
        sdr.loopback = int(loopback)
        if loopback is not Loopback.DIGITAL:
            _power_transmitter(sdr, on=True)


def _power_transmitter(sdr: Any, *, on: bool) -> None:
    sdr._ctrl.find_channel("altvoltage1", True).attrs["powerdown"].value = "0" if on else "1"


def _tune(board: Board, wanted: RadioSettings) -> None:
    correction = 1 + wanted.carrier_ppm * 1e-6
    for name, centre_hz in (("rx_lo", wanted.centre_hz), ("tx_lo", wanted.tx_centre_hz or wanted.centre_hz)):
        target_hz = round(centre_hz / correction)
        with board.holding(f"a centre frequency of {centre_hz} Hz") as sdr:
            setattr(sdr, name, target_hz)
            tuned_hz = int(getattr(sdr, name))
        if abs(tuned_hz - target_hz) > _TUNING_HZ:
            raise RadioSettingError(
                f"{board.uri.text}: {target_hz} Hz became {tuned_hz} Hz", "choose another frequency"
            )


def _check(board: Board, wanted: RadioSettings) -> None:
    numbers = (wanted.rx_gain_db, wanted.tx_attenuation_db, wanted.carrier_ppm)
    if not all(math.isfinite(each) for each in numbers):
        raise RadioSettingError(f"{board.uri.text}: a gain, attenuation or correction is no number", "give finite ones")
    if not LEAST_RATE_SPS <= wanted.rate_sps <= MOST_RATE_SPS:
        fix = f"give {LEAST_RATE_SPS} to {MOST_RATE_SPS} S/s"
        raise RadioSettingError(f"{board.uri.text}: no sample rate of {wanted.rate_sps} S/s", fix)
