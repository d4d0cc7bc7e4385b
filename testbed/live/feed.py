"""One process's end of the live feed: a PUB socket that never waits and knows whether anybody listens."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

import zmq

from testbed.live.messages import LiveMessage, encoded

HIGH_WATER = 64
"""Messages that wait for a slow watcher; what comes after them is lost to that watcher alone."""
LOOK_S = 0.05
LINGER_MS = 300
SUBSCRIBED = 1


class LiveFeed:
    """Connect to the address at which a watcher listens. Use in one thread, as a context manager or with ``close``.

    Args:
        address: ``ipc://…`` as `amp dash` says it; nobody needs to be there.
        run: name of the run.
        source: name of this process.
        high_water: messages that may wait.

    Raises:
        zmq.ZMQError: the address is none.
    """

    def __init__(self, address: str, run: str, source: str, *, high_water: int = HIGH_WATER) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.SNDHWM, high_water)
        self._socket.setsockopt(zmq.LINGER, LINGER_MS)
        self.run, self.source = run, source
        self._watchers = 0
        self._looked_s = 0.0
        self._seq = 0
        try:
            self._socket.connect(address)
        except zmq.ZMQError:
            self._context.destroy(linger=0)
            raise

    def watched(self) -> bool:
        """Tell whether somebody listens, as of the last 50 ms; costs next to nothing."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            while self._socket.poll(0):
                self._watchers += 1 if self._socket.recv()[:1] == bytes([SUBSCRIBED]) else -1
        return self._watchers > 0

    def next_seq(self) -> int:
        """Return the number of the next message."""
        self._seq += 1
        return self._seq - 1

    def send(self, kind: type[Any], **facts: Any) -> None:
        """Send a message of ``kind``; a watcher whose queue is full does not get it."""
        message: LiveMessage = kind(run=self.run, source=self.source, seq=self.next_seq(), **facts)
        self._socket.send_multipart(encoded(message), zmq.NOBLOCK)

    def close(self) -> None:
        """Send what waits, within a moment, and close."""
        self._context.destroy(linger=LINGER_MS)

    def __enter__(self) -> LiveFeed:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
