"""Clients of ``make bench-pluto``: libiio as it is, and pyadi-iio's ``adi.Pluto`` on top of it, with one face."""

from __future__ import annotations

import gc
from typing import Any, Protocol

import numpy as np

from testbed.bench.pluto_content import Codes

LO_HZ = 2_437_000_000
STATUS = 0x80000088
KERNEL_BUFFERS = 16  # a machine may be busy with something else for that many blocks


class Client(Protocol):
    """An open radio."""

    def send(self, codes: Codes, cyclic: bool = False) -> None:
        """Hand over a block, (n, 2)."""

    def receive(self) -> Any:
        """Return a block as this client gives it."""

    def codes(self, block: Any) -> Codes:
        """Return a received block as (n, 2) codes."""

    def lost(self) -> bool:
        """Return whether the status register tells of a loss since it was asked last."""

    def close(self) -> None:
        """Close the buffers, and then the context."""


class Libiio:
    """The buffers of pylibiio: bytes."""

    def __init__(self, uri: str, rate_sps: int, block: int, *, bandwidth_hz: int = 0, loopback: bool = False) -> None:
        import iio

        self._iio, self._block = iio, block
        self._context = iio.Context(uri)
        phy = self._context.find_device("ad9361-phy")
        own, out = phy.find_channel("voltage0"), phy.find_channel("voltage0", True)
        own.attrs["sampling_frequency"].value = str(rate_sps)
        for channel in (own, out):
            channel.attrs["rf_bandwidth"].value = str(bandwidth_hz or rate_sps)
        for oscillator in ("RX_LO", "TX_LO"):
            phy.find_channel(oscillator, True).attrs["frequency"].value = str(LO_HZ)
        own.attrs["gain_control_mode"].value = "manual"
        own.attrs["hardwaregain"].value = "30"
        out.attrs["hardwaregain"].value = "0"
        phy.debug_attrs["loopback"].value = str(int(loopback))
        self._receiver = self._context.find_device("cf-ad9361-lpc")
        self._sender = self._context.find_device("cf-ad9361-dds-core-lpc")
        self._receiver.set_kernel_buffers_count(KERNEL_BUFFERS)
        for device, output in ((self._receiver, False), (self._sender, True)):
            for name in ("voltage0", "voltage1"):
                device.find_channel(name, output).enabled = True
        self._in: Any = None
        self._out: Any = None

    def send(self, codes: Codes, cyclic: bool = False) -> None:
        """See ``Client``."""
        if self._out is None:
            self._out = self._iio.Buffer(self._sender, len(codes), cyclic)
        self._out.write(bytearray(codes.tobytes()))
        self._out.push()

    def receive(self) -> bytearray:
        """See ``Client``."""
        if self._in is None:
            self._in = self._iio.Buffer(self._receiver, self._block, False)
        self._in.refill()
        block: bytearray = self._in.read()
        return block

    def codes(self, block: bytearray) -> Codes:
        """See ``Client``."""
        return np.frombuffer(block, "<i2").reshape(-1, 2)

    def lost(self) -> bool:
        """See ``Client``."""
        told = False
        for device, bit in ((self._receiver, 4), (self._sender, 1)):
            if device.reg_read(STATUS) & bit:
                device.reg_write(STATUS, bit)
                told = True
        return told

    def close(self) -> None:
        """See ``Client``."""
        self._in = self._out = None
        gc.collect()
        self._receiver = self._sender = self._context = None


class AdiPluto:
    """pyadi-iio: complex samples."""

    def __init__(self, uri: str, rate_sps: int, block: int, *, bandwidth_hz: int = 0, loopback: bool = False) -> None:
        import adi

        self._radio: Any = adi.Pluto(uri)
        self._radio.sample_rate = rate_sps
        self._radio.rx_rf_bandwidth = self._radio.tx_rf_bandwidth = bandwidth_hz or rate_sps
        self._radio.rx_lo = self._radio.tx_lo = LO_HZ
        self._radio.gain_control_mode_chan0 = "manual"
        self._radio.rx_hardwaregain_chan0, self._radio.tx_hardwaregain_chan0 = 30, 0
        self._radio.loopback = int(loopback)
        self._radio.rx_buffer_size = block
        self._radio._rxadc.set_kernel_buffers_count(KERNEL_BUFFERS)
        self._sends = False

    def send(self, codes: Codes, cyclic: bool = False) -> None:
        """See ``Client``."""
        if not self._sends:  # it refuses to be told again
            self._radio.tx_cyclic_buffer, self._sends = cyclic, True
        self._radio.tx(codes.astype(np.float32).view(np.complex64)[:, 0])

    def receive(self) -> Any:
        """See ``Client``."""
        return self._radio.rx()

    def codes(self, block: Any) -> Codes:
        """See ``Client``."""
        codes: Codes = np.stack((block.real, block.imag), axis=1).astype(np.int16)
        return codes

    def lost(self) -> bool:
        """See ``Client``."""
        cores = ((self._radio._rxadc, 4), (self._radio._txdac, 1))
        return any(core.reg_read(STATUS) & bit for core, bit in cores)

    def close(self) -> None:
        """See ``Client``."""
        self._radio.rx_destroy_buffer()
        self._radio.tx_destroy_buffer()
        self._radio = None


CLIENTS: dict[str, type[Libiio] | type[AdiPluto]] = {"libiio": Libiio, "adi.Pluto": AdiPluto}
