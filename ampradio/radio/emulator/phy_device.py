"""The device ad9361-phy: the transceiver's settings as attributes."""

from __future__ import annotations

import errno
from collections.abc import Callable

from ampradio.radio.emulator.iio_tree import Attribute, Channel, Device, Refused, Stored, flag, integer, number
from ampradio.radio.emulator.transceiver import (
    BANDWIDTH_RANGE_HZ,
    ENSM_MODES,
    GAIN_MODES,
    LEAST_TX_GAIN_DB,
    LO_RANGE_HZ,
    MOST_RATE_SPS,
    XO_HZ,
    Transceiver,
    gain_range_db,
)

_RX_PORTS = ("A_BALANCED", "B_BALANCED", "C_BALANCED", "A_N", "A_P", "B_N", "B_P", "C_N", "C_P", "TX_MONITOR1",
             "TX_MONITOR2", "TX_MONITOR1_2")  # fmt: skip
_TX_PORTS = ("A", "B")
_MOST_CORRECTION_HZ = 8000
Write = Callable[[str], None]


def phy_device(chip: Transceiver, registers: Attribute) -> Device:
    """Return ad9361-phy over ``chip``; ``registers`` is its direct_reg_access."""
    return Device(
        "iio:device0",
        "ad9361-phy",
        (
            _local_oscillator(chip, transmit=False),
            _local_oscillator(chip, transmit=True),
            _receive(chip),
            _transmit(chip),
            Channel("temp0", False, (Attribute("input", lambda: "33400", None, "in_temp0_input"),)),
            Channel("out", False, (_fir(chip, "voltage_filter_fir_en", "in_out_voltage_filter_fir_en"),)),
        ),
        _attributes(chip),
        (_loopback(chip), registers),
    )


def _local_oscillator(chip: Transceiver, *, transmit: bool) -> Channel:
    index, label = (1, "TX_LO") if transmit else (0, "RX_LO")

    def power_down(text: str) -> None:
        if transmit:
            chip.tx_powered = not flag(text)
        else:
            chip.rx_powered = not flag(text)

    def powered() -> bool:
        return chip.tx_powered if transmit else chip.rx_powered

    def tune(text: str) -> None:
        if "." in text:  # the driver takes whole hertz
            raise Refused(errno.EINVAL)
        chip.tune(integer(text), transmit)

    external, load = Stored("0", ("0",)), Stored("0")
    attributes = (
        _attribute("frequency", lambda: str(chip.tx_lo_hz if transmit else chip.rx_lo_hz), tune),
        _attribute("frequency_available", lambda: f"[{LO_RANGE_HZ[0]} 1 {LO_RANGE_HZ[1]}]"),
        _attribute("powerdown", lambda: str(int(not powered())), power_down),
        _attribute("external", external.read, external.write),
        _attribute("fastlock_load", load.read, load.write),
    )
    return _channel(f"altvoltage{index}", True, attributes, f"out_altvoltage{index}_{label}_", label)


def _receive(chip: Transceiver) -> Channel:
    def mode(text: str) -> None:
        if text not in GAIN_MODES:
            raise Refused(errno.EINVAL)
        chip.gain_mode = text

    port = Stored(_RX_PORTS[0], _RX_PORTS)
    own = (
        _attribute("gain_control_mode", lambda: chip.gain_mode, mode),
        _attribute("hardwaregain", lambda: f"{chip.rx_gain_db:.6f} dB", lambda text: chip.set_rx_gain(number(text))),
        _attribute("rf_port_select", port.read, port.write),
        _attribute("rssi", lambda: f"{_rssi_db(chip):.2f} dB"),
        _attribute("hardwaregain_available", lambda: "[{} 1 {}]".format(*gain_range_db(chip.rx_lo_hz))),
    )
    shared = (
        *_rate_and_bandwidth(chip, transmit=False),
        _attribute("gain_control_mode_available", lambda: " ".join(GAIN_MODES)),
        _attribute("rf_port_select_available", lambda: " ".join(_RX_PORTS)),
        *(_switch(name) for name in ("bb_dc_offset_tracking_en", "quadrature_tracking_en", "rf_dc_offset_tracking_en")),
        _fir(chip, "filter_fir_en", "in_voltage_filter_fir_en"),
    )
    return Channel("voltage0", False, _filed(own, "in_voltage0_") + _filed(shared, "in_voltage_"))


def _transmit(chip: Transceiver) -> Channel:
    port = Stored(_TX_PORTS[0], _TX_PORTS)
    own = (
        _attribute("hardwaregain", lambda: f"{chip.tx_gain_db:.6f} dB", lambda text: chip.set_tx_gain(number(text))),
        _attribute("hardwaregain_available", lambda: f"[{LEAST_TX_GAIN_DB:.6f} 0.250000 0.000000]"),
        _attribute("rssi", lambda: "0.00 dB"),
        _attribute("rf_port_select", port.read, port.write),
    )
    shared = (
        *_rate_and_bandwidth(chip, transmit=True),
        _attribute("rf_port_select_available", lambda: " ".join(_TX_PORTS)),
        _fir(chip, "filter_fir_en", "out_voltage_filter_fir_en"),
    )
    return Channel("voltage0", True, _filed(own, "out_voltage0_") + _filed(shared, "out_voltage_"))


def _rate_and_bandwidth(chip: Transceiver, *, transmit: bool) -> tuple[Attribute, ...]:
    return (
        _attribute("sampling_frequency", lambda: str(chip.rate_sps), lambda text: chip.set_rate(integer(text))),
        _attribute("sampling_frequency_available", lambda: f"[{chip.least_rate_sps()} 1 {MOST_RATE_SPS}]"),
        _attribute(
            "rf_bandwidth",
            lambda: str(chip.tx_bandwidth_hz if transmit else chip.rx_bandwidth_hz),
            lambda text: chip.set_bandwidth(integer(text), transmit),
        ),
        _attribute("rf_bandwidth_available", lambda: "[{} 1 {}]".format(*BANDWIDTH_RANGE_HZ)),
    )


def _attributes(chip: Transceiver) -> tuple[Attribute, ...]:
    def ensm(text: str) -> None:
        if text not in ENSM_MODES:
            raise Refused(errno.EINVAL)
        chip.ensm = text

    def correct(text: str) -> None:
        if not abs(integer(text) - XO_HZ) <= _MOST_CORRECTION_HZ:
            raise Refused(errno.EINVAL)
        correction.write(text)

    def fir() -> str:
        return f"FIR Rx: {chip.fir_taps},{chip.fir_decimation} Tx: {chip.fir_taps},{chip.fir_decimation}"

    calibration, correction = (
        Stored("auto", ("auto", "manual", "manual_tx_quad", "tx_quad", "rf_dc_offs", "rssi_gain_step")),
        Stored(str(XO_HZ)),
    )
    governor = Stored("nominal", ("nominal", "highest_osr"))
    return (
        Attribute("ensm_mode", lambda: chip.ensm, ensm),
        Attribute("ensm_mode_available", lambda: " ".join(ENSM_MODES)),
        Attribute("filter_fir_config", fir, chip.load_fir),
        Attribute("rx_path_rates", lambda: chip.path_rates(receive=True)),
        Attribute("tx_path_rates", lambda: chip.path_rates(receive=False)),
        Attribute("calib_mode", calibration.read, calibration.write),
        Attribute("calib_mode_available", lambda: " ".join(calibration.allowed)),
        Attribute("trx_rate_governor", governor.read, governor.write),
        Attribute("trx_rate_governor_available", lambda: " ".join(governor.allowed)),
        Attribute("xo_correction", correction.read, correct),
        Attribute(
            "xo_correction_available", lambda: f"[{XO_HZ - _MOST_CORRECTION_HZ} 1 {XO_HZ + _MOST_CORRECTION_HZ}]"
        ),
    )


def _loopback(chip: Transceiver) -> Attribute:
    def write(text: str) -> None:
        mode = integer(text)
        if mode not in (0, 1, 2):
            raise Refused(errno.EINVAL)
        chip.loopback = mode

    return Attribute("loopback", lambda: str(chip.loopback), write)


def _rssi_db(chip: Transceiver) -> float:
    """The driver's RSSI falls with the power; the scale is that of the emulator's antenna."""
    return min(max(chip.rx_gain_db - chip.rx_power_dbfs(), 0.0), 127.75)


def _fir(chip: Transceiver, name: str, filename: str) -> Attribute:
    return Attribute(name, lambda: str(int(chip.fir_on)), lambda text: chip.enable_fir(flag(text)), filename)


def _switch(name: str) -> Attribute:
    kept = Stored("1")
    return Attribute(name, kept.read, lambda text: kept.write(str(int(flag(text)))))


def _attribute(name: str, read: Callable[[], str], write: Write | None = None) -> Attribute:
    return Attribute(name, read, write)


def _filed(attributes: tuple[Attribute, ...], prefix: str) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(each.name, each.read, each.write, each.filename or prefix + each.name) for each in attributes
    )


def _channel(name: str, output: bool, attributes: tuple[Attribute, ...], prefix: str, label: str) -> Channel:
    return Channel(name, output, _filed(attributes, prefix), label)
