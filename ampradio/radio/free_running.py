"""The receive thread that never stops: it takes every block when it is due, whoever reads them and when."""

from __future__ import annotations

import atexit
import queue
import threading
import time

from ampradio.radio.duplex_stream import DuplexStream
from ampradio.radio.errors import RadioError, RadioTimeoutError
from ampradio.radio.interface import SampleBlock

_MOST_BYTES = 64 << 20
_JOIN_S = 2.0


class FreeRunner:
    """Runs ``stream`` in a thread of its own; keeps what nobody fetched, up to 64 MiB, then drops the oldest.

    Reader and thread share no lock that Python code takes: a Ctrl-C may come where it is taken and nobody would give
    it back, and ``stop`` would wait for ever for a thread that waits for it.
    """

    def __init__(self, stream: DuplexStream, block: int) -> None:
        self._stream = stream
        self._most = max(4, _MOST_BYTES // (4 * block))
        # with each block how often had been flushed when it was asked for; None: there will be no more
        self._blocks: queue.SimpleQueue[tuple[int, SampleBlock] | None] = queue.SimpleQueue()
        self._error: RadioError | None = None
        self._stopping = False
        self._flushes = 0
        self._thread = threading.Thread(target=self._run, name="radio", daemon=True)
        self._thread.start()
        atexit.register(self.stop)  # a thread within libiio would not survive the interpreter

    def receive(self, timeout_s: float) -> SampleBlock:
        """Return the oldest block that waits; raises RadioError."""
        until = time.monotonic() + timeout_s
        while True:
            try:
                waited = self._blocks.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise RadioTimeoutError("no samples came", "is the radio still there? reconnect") from None
            if waited is None:
                self._blocks.put(None)  # for whoever asks next
                raise self._error or RadioTimeoutError("no samples came", "it was stopped: start it again")
            flushes, block = waited
            if flushes == self._flushes:
                return block

    def flush(self) -> None:
        """Throw away what waits, and what is older than now."""
        self._stream.flush()
        self._flushes += 1

    def stop(self) -> None:
        """End the thread; it closes the stream."""
        atexit.unregister(self.stop)
        self._stopping = True
        self._blocks.put(None)
        self._thread.join(_JOIN_S)
        while self._thread.is_alive():
            self._stream.cancel()
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            while not self._stopping:
                flushes = self._flushes
                block = self._stream.next_block()
                if self._blocks.qsize() >= self._most:
                    self._drop()
                self._blocks.put((flushes, block))
        except RadioError as error:
            self._error = error
        except Exception as error:  # a defect must end the reader's waiting too
            self._error = RadioError(f"the receive thread failed: {error!r}", "report this with what led to it")
        finally:
            self._blocks.put(None)
            self._stream.close()

    def _drop(self) -> None:
        """Drop the oldest block, which counts unless it was thrown away already."""
        try:
            oldest = self._blocks.get_nowait()
        except queue.Empty:  # fetched just now
            return
        if oldest is not None and oldest[0] == self._flushes:
            self._stream.dropped()
