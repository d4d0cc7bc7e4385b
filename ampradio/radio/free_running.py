"""The receive thread that never stops: it takes every block when it is due, whoever reads them and when."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque

from ampradio.radio.duplex_stream import DuplexStream
from ampradio.radio.errors import RadioError, RadioTimeoutError
from ampradio.radio.interface import SampleBlock

_MOST_BYTES = 64 << 20
_JOIN_S = 2.0


class FreeRunner:
    """Runs ``stream`` in a thread of its own; keeps what nobody fetched, up to 64 MiB, then drops the oldest."""

    def __init__(self, stream: DuplexStream, block: int) -> None:
        self._stream = stream
        self._most = max(4, _MOST_BYTES // (4 * block))
        self._blocks: deque[SampleBlock] = deque()
        self._changed = threading.Condition()
        self._error: RadioError | None = None
        self._stopping = False
        self._flushes = 0
        self._thread = threading.Thread(target=self._run, name="radio", daemon=True)
        self._thread.start()
        atexit.register(self.stop)  # a thread within libiio would not survive the interpreter

    def receive(self, timeout_s: float) -> SampleBlock:
        """Return the oldest block that waits; raises RadioError."""
        until = time.monotonic() + timeout_s
        with self._changed:
            while not self._blocks:
                if self._error is not None:
                    raise self._error
                left_s = until - time.monotonic()
                if left_s <= 0 or self._stopping:
                    raise RadioTimeoutError("no samples came", "is the radio still there? reconnect")
                self._changed.wait(left_s)
            return self._blocks.popleft()

    def flush(self) -> None:
        """Throw away what waits, and what is older than now."""
        with self._changed:
            self._flushes += 1
            self._stream.flush()
            self._blocks.clear()

    def stop(self) -> None:
        """End the thread; it closes the stream."""
        atexit.unregister(self.stop)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(_JOIN_S)
        while self._thread.is_alive():
            self._stream.cancel()
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            while not self._stopping:
                flushes = self._flushes
                block = self._stream.next_block()
                with self._changed:
                    if flushes != self._flushes:  # the thread was on its way with an old one
                        continue
                    if len(self._blocks) >= self._most:
                        self._blocks.popleft()
                        self._stream.dropped()
                    self._blocks.append(block)
                    self._changed.notify_all()
        except RadioError as error:
            self._fail(error)
        except Exception as error:  # a defect must end the reader's waiting too
            self._fail(RadioError(f"the receive thread failed: {error!r}", "report this with what led to it"))
        finally:
            self._stream.close()

    def _fail(self, error: RadioError) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()
