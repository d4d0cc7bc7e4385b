"""A buffer that a client has opened: the channels in its mask, and bytes instead of samples."""

from __future__ import annotations

import errno
from collections.abc import Callable

import numpy as np

from ampradio.radio.emulator.capture import Capture
from ampradio.radio.emulator.iio_tree import Device, Refused
from ampradio.radio.emulator.playback import Playback
from ampradio.radio.emulator.pluto import RECEIVE, TRANSMIT, EmulatedPluto

_BYTES = 2  # of a sample of one channel


class OpenReceive:
    """A receive buffer of some ``columns`` of I and Q; what a client did not ask for waits for its next question."""

    def __init__(self, pluto: EmulatedPluto, capture: Capture, mask: str, columns: list[int]) -> None:
        self.mask = mask
        self._pluto, self._capture, self._columns = pluto, capture, columns
        self._rest = memoryview(b"")

    def take(self, size: int, patience_s: float | None, gone: Callable[[], bool]) -> memoryview:
        """Return at most ``size`` bytes, waiting for a block when there are none; raises Refused."""
        if not self._rest:
            codes = self._pluto.receive(self._capture, patience_s, gone)
            if len(self._columns) < codes.shape[1]:
                codes = codes[:, self._columns]
            self._rest = np.ascontiguousarray(codes, "<i2").data.cast("B")
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def close(self) -> None:
        """Close it."""
        self._pluto.close_capture(self._capture)


class OpenTransmit:
    """A transmit buffer of some ``columns`` of I and Q; ``size`` is what it holds in bytes."""

    def __init__(self, pluto: EmulatedPluto, playback: Playback, columns: list[int]) -> None:
        self.size = playback.block * len(columns) * _BYTES
        self._pluto, self._playback, self._columns = pluto, playback, columns

    def put(self, data: bytearray, patience_s: float | None, gone: Callable[[], bool]) -> None:
        """Send whole samples of ``data``; raises Refused."""
        each = len(self._columns) * _BYTES
        if len(data) % each:
            raise Refused(errno.EINVAL)
        codes = np.frombuffer(data, "<i2").reshape(-1, len(self._columns))
        if len(self._columns) < 2:
            given, codes = codes, np.zeros((len(codes), 2), np.int16)
            codes[:, self._columns] = given
        self._pluto.send(self._playback, codes, patience_s, gone)

    def close(self) -> None:
        """Close it."""
        self._pluto.close_playback(self._playback)


def opened(pluto: EmulatedPluto, device: Device, samples: int, mask: str, cyclic: bool) -> OpenReceive | OpenTransmit:
    """Open a buffer of ``device`` with the channels of ``mask``, eight hexadecimal digits per 32; raises Refused."""
    try:
        bits = int(mask, 16)
    except ValueError:
        raise Refused(errno.EINVAL) from None
    columns = [place for place, channel in enumerate(device.channels) if channel.scan is not None and bits >> place & 1]
    if len(mask) != 8 * -(-len(device.channels) // 32) or not columns or bits >> len(device.scan_channels()):
        raise Refused(errno.EINVAL)
    if device.name == RECEIVE and not cyclic:
        return OpenReceive(pluto, pluto.open_capture(samples, len(columns) * _BYTES), mask, columns)
    if device.name == TRANSMIT:
        return OpenTransmit(pluto, pluto.open_playback(samples, len(columns) * _BYTES, cyclic), columns)
    raise Refused(errno.EINVAL)
