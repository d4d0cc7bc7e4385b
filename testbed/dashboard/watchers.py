"""The browsers that watch: each has a short queue of its own; one that does not keep up begins anew with the whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

WATCHERS_MAX = 16
QUEUE_MAX = 32
QUEUE_OCTETS_MAX = 2 << 20
STUCK_S = 60.0
HEARTBEAT_S = 10.0
LOOK_S = 0.5


def sse(document: dict[str, Any]) -> bytes:
    """Return a document as one server-sent event."""
    return b"data: " + json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


class Watcher:
    """One browser. ``dropped`` counts what it was too slow for."""

    def __init__(self) -> None:
        self.dropped = 0
        self.task: asyncio.Task[Any] | None = None
        self._queue: deque[bytes] = deque()
        self._octets = 0
        self._wake = asyncio.Event()
        self._behind_since_s: float | None = None

    def put(self, message: bytes) -> None:
        """Queue a message; a full queue is given up, and the watcher gets the whole instead when it reads again."""
        if self._behind_since_s is not None:
            self.dropped += 1
        elif self._queue and (len(self._queue) >= QUEUE_MAX or self._octets + len(message) > QUEUE_OCTETS_MAX):
            self.dropped += len(self._queue) + 1
            self._forget()
            self._behind_since_s = time.monotonic()
        else:
            self._queue.append(message)
            self._octets += len(message)
        self._wake.set()

    @property
    def stuck(self) -> bool:
        """Whether it has not read anything for a minute."""
        return self._behind_since_s is not None and time.monotonic() - self._behind_since_s > STUCK_S

    async def next(self, whole: Callable[[], bytes]) -> bytes | None:
        """Return the next message, or the whole for one that was behind; None when there was none for a moment."""
        if not self._queue and self._behind_since_s is None:
            self._wake.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_S)
        if self._behind_since_s is not None:
            self._behind_since_s = None
            self._forget()
            return whole()
        if not self._queue:
            return None
        message = self._queue.popleft()
        self._octets -= len(message)
        return message

    def _forget(self) -> None:
        self._queue.clear()
        self._octets = 0


class Watchers:
    """All of them. ``whole`` gives what a new one has to know."""

    def __init__(self, whole: Callable[[], dict[str, Any]]) -> None:
        self._whole = whole
        self._watchers: set[Watcher] = set()
        self._dropped_by_those_gone = 0
        self.closing = False

    def __len__(self) -> int:
        return len(self._watchers)

    @property
    def full(self) -> bool:
        """Whether no more are taken."""
        return len(self._watchers) >= WATCHERS_MAX

    @property
    def dropped(self) -> int:
        """Messages that browsers were too slow for."""
        return self._dropped_by_those_gone + sum(each.dropped for each in self._watchers)

    def publish(self, document: dict[str, Any]) -> None:
        """Send a document to everybody, and let those go who have not read for long."""
        message = sse(document)
        for watcher in list(self._watchers):
            watcher.put(message)
            if watcher.stuck and watcher.task is not None:
                watcher.task.cancel()

    async def stream(self) -> AsyncIterator[bytes]:
        """Give one browser its messages until it goes or the server ends."""
        watcher = Watcher()
        watcher.task = asyncio.current_task()
        self._watchers.add(watcher)
        try:
            yield sse(self._whole())
            said_s = time.monotonic()
            while not self.closing:
                message = await watcher.next(lambda: sse({**self._whole(), "behind": watcher.dropped}))
                if message is None and time.monotonic() - said_s < HEARTBEAT_S:
                    continue
                said_s = time.monotonic()
                yield message or b": still here\n\n"
        finally:
            self._watchers.discard(watcher)
            self._dropped_by_those_gone += watcher.dropped
