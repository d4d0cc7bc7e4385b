"""A PlutoSDR that is open through pyadi-iio: who it is, its buffers, its loss registers, and how it is let go.

pyadi-iio sets the transceiver (it brings the FIR filters that low rates need); samples pass through libiio's buffers
directly, as the 16-bit pairs they are. Both are imported when a radio is opened, not before.
"""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from ampradio.radio.errors import (
    NoRadioError,
    RadioError,
    RadioGoneError,
    RadioSettingError,
    RadioTimeoutError,
    WrongRadioError,
)
from ampradio.radio.interface import Codes
from ampradio.radio.libiio_errors import asking_error
from ampradio.radio.radio_identity import asked, identity_of, libraries
from ampradio.radio.radio_uri import RadioUri

STATUS = 0x80000088
UNDERFLOW, OVERFLOW = 1, 4
_LAST_WORDS_MS = 200
_PROBE_S = 1.0
_I_AND_Q = ("voltage0", "voltage1")


class Board:
    """The radio at ``uri``, open until ``close``; only settings and registers may be used from several threads.

    Raises:
        NoLibiioError, NoRadioError, RadioBusyError, UsbPermissionError, WrongRadioError: as they say.
    """

    def __init__(self, uri: RadioUri, timeout_s: float) -> None:
        self.uri = uri
        self.sdr: Any = None
        self._dead = False
        self._held = threading.RLock()
        self._timeout_s = timeout_s
        iio, adi = libraries()
        self._new_buffer = iio.Buffer
        about, devices = asked(iio, uri)
        self.identity = identity_of(uri, about, devices)
        with self.asking("opening"):
            self.sdr = _opened(adi, uri)
            self._handles = _Handles(iio, self.sdr.ctx)
            weakref.finalize(self, self._handles.release)
            self.sdr.ctx.set_timeout(round(timeout_s * 1000))
            for by_eight in ("rx_dec8_filter_en", "tx_int8_filter_en"):
                if getattr(self.sdr, by_eight):
                    setattr(self.sdr, by_eight, False)
            self.sdr.disable_dds()
        for device in (self.sdr._rxadc, self.sdr._txdac):
            if "direct_reg_access" not in device.debug_attrs:
                raise WrongRadioError(
                    f"{uri.text}: firmware {self.identity.firmware} has no register that tells losses",
                    "update the firmware: analogdevicesinc/plutosdr-fw, release v0.38 or newer",
                )

    @contextlib.contextmanager
    def asking(self, doing: str) -> Iterator[None]:
        """Turn libiio's errors within into RadioError."""
        began_s = time.monotonic()
        try:
            yield
        except OSError as error:
            waited = time.monotonic() - began_s > self._timeout_s / 2
            told = asking_error(self.uri, doing, error, waited=waited, answers=self._control_answers)
            self._dead |= isinstance(told, (RadioGoneError, RadioTimeoutError))
            raise told from error

    def _control_answers(self) -> bool | None:
        """Return whether the connection for settings answers; False: it is broken, None: nothing came in time."""
        with self._held:
            sdr = self.sdr
            if sdr is None:
                return None
            began_s = time.monotonic()
            try:
                sdr.ctx.set_timeout(round(_PROBE_S * 1000))
                sdr._rxadc.reg_read(STATUS)
                sdr.ctx.set_timeout(round(self._timeout_s * 1000))
            except OSError:
                return None if time.monotonic() - began_s > _PROBE_S / 2 else False
            return True

    @contextlib.contextmanager
    def holding(self, doing: str) -> Iterator[Any]:
        """Give pyadi-iio's object, which is not let go within; turns libiio's errors into RadioError."""
        with self._held:
            if self.sdr is None:
                raise RadioSettingError(f"{self.uri.text}: it is closed ({doing})", "open it again")
            with self.asking(doing):
                yield self.sdr

    @contextlib.contextmanager
    def patience(self, more_s: float) -> Iterator[None]:
        """Within, let the radio take ``more_s`` longer to answer; buffers opened before do not know."""
        with self.holding("setting a timeout") as sdr:
            sdr.ctx.set_timeout(round((self._timeout_s + more_s) * 1000))
        try:
            yield
        finally:
            with contextlib.suppress(RadioError), self.holding("setting a timeout") as sdr:
                sdr.ctx.set_timeout(round(self._timeout_s * 1000))

    def open_receive(self, samples: int, kernel_buffers: int) -> ReceiveBuffer:
        """Open the receive buffer with I and Q; raises RadioError."""
        with self.holding("opening the receive buffer") as sdr:
            return ReceiveBuffer(self, self._buffer(sdr._rxadc, False, samples, kernel_buffers, False))

    def open_transmit(self, samples: int, kernel_buffers: int, *, cyclic: bool = False) -> TransmitBuffer:
        """Open the transmit buffer with I and Q; raises RadioError."""
        with self.holding("opening the transmit buffer") as sdr:
            return TransmitBuffer(self, self._buffer(sdr._txdac, True, samples, kernel_buffers, cyclic))

    def has_lost(self) -> tuple[bool, bool]:
        """Return whether received samples were lost, and whether the transmitter ran dry, since this was asked last."""
        with self.holding("reading the loss register") as sdr:
            overflow = bool(sdr._rxadc.reg_read(STATUS) & OVERFLOW)
            underflow = bool(sdr._txdac.reg_read(STATUS) & UNDERFLOW)
            if overflow:
                sdr._rxadc.reg_write(STATUS, OVERFLOW)
            if underflow:
                sdr._txdac.reg_write(STATUS, UNDERFLOW)
        return overflow, underflow

    @property
    def answers(self) -> bool:
        """Whether it is open and nothing has told otherwise."""
        return self.sdr is not None and not self._dead

    def close(self) -> None:
        """Let the radio go; its buffers must be closed by now."""
        with self._held:
            sdr, self.sdr = self.sdr, None
            if sdr is not None:
                with contextlib.suppress(OSError):
                    sdr.ctx.set_timeout(_LAST_WORDS_MS)
                self._handles.release()

    def _buffer(self, device: Any, output: bool, samples: int, kernel_buffers: int, cyclic: bool) -> Any:
        for channel in device.channels:
            if channel.scan_element:
                channel.enabled = channel.id in _I_AND_Q and channel.output == output
        device.set_kernel_buffers_count(kernel_buffers)
        buffer = self._new_buffer.__new__(self._new_buffer)
        buffer._buffer = None  # its end looks at it, and a Ctrl-C may come before its beginning is through
        self._handles.buffers.append(buffer)
        buffer.__init__(device, samples, cyclic)
        return buffer

    def destroy(self, buffer: Any) -> None:
        """Destroy ``buffer`` now."""
        if self._dead and buffer._buffer is not None:
            buffer.cancel()  # or libiio waits for an answer
        self._handles.destroy(buffer)


def _opened(adi: Any, uri: RadioUri) -> Any:
    try:
        return adi.Pluto(uri.libiio)
    except OSError:
        raise
    except Exception as error:  # pyadi-iio's own, without a reason
        reason = f"{uri.text}: it went away while it was being opened"
        raise NoRadioError(reason, "plug it in or start it again") from error


class _Handles:
    """What libiio gave, destroyed in the only order that it bears: buffers, then their context.

    Left to the interpreter the order is anybody's guess, and libiio crashes: a traceback may keep a buffer.
    """

    def __init__(self, iio: Any, context: Any) -> None:
        self.buffers: list[Any] = []
        self._iio, self._context = iio, context

    def destroy(self, buffer: Any) -> None:
        """Destroy ``buffer``, once."""
        raw, buffer._buffer = buffer._buffer, None
        if raw is not None:
            self._iio._buffer_destroy(raw)
            self.buffers.remove(buffer)

    def release(self) -> None:
        """Destroy everything, once."""
        for buffer in list(self.buffers):
            self.destroy(buffer)
        raw, self._context._context = self._context._context, None
        if raw is not None:
            self._iio._destroy(raw)


class ReceiveBuffer:
    """An open receive buffer."""

    def __init__(self, board: Board, buffer: Any) -> None:
        self._board, self._buffer = board, buffer
        self._guard = threading.Lock()

    def read(self) -> Codes:
        """Wait for the next block and return it, (n, 2); raises RadioError."""
        with self._board.asking("waiting for received samples"):
            self._buffer.refill()
            codes: Codes = np.frombuffer(self._buffer.read(), "<i2").reshape(-1, 2)
        return codes

    def cancel(self) -> None:
        """Make a ``read`` that waits in another thread fail."""
        with self._guard:
            if self._buffer._buffer is not None:
                self._buffer.cancel()

    def close(self) -> None:
        """Close it; not while another thread reads."""
        with self._guard:
            self._board.destroy(self._buffer)


class TransmitBuffer:
    """An open transmit buffer."""

    def __init__(self, board: Board, buffer: Any) -> None:
        self._board, self._buffer = board, buffer

    def write(self, codes: Codes) -> None:
        """Queue a block (n, 2) of the buffer's size, waiting for room; raises RadioError."""
        with self._board.asking("handing over samples to transmit"):
            self._buffer.write(bytearray(codes.tobytes()))
            self._buffer.push()

    def close(self) -> None:
        """Close it; what was queued is not sent."""
        self._board.destroy(self._buffer)
