"""Where runs tell what happens: one SUB socket in a folder that only its owner enters."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import zmq
import zmq.asyncio

from testbed.live.messages import MESSAGE_OCTETS_MAX, TOPIC, LiveMessage, decoded

HIGH_WATER = 4096
AT_ONCE = 64
SOURCES_MAX = 256


class LiveSource:
    """Listens at ``address`` while ``listen`` says so. ``counters`` tells what was malformed, and what was missed."""

    def __init__(self, address: str, take: Callable[[LiveMessage], None]) -> None:
        """Bind the address; raises zmq.ZMQError."""
        self.address = address
        self.counters: Counter[str] = Counter()
        self._take = take
        self._next: dict[tuple[str, str], int] = {}
        self._listening = False
        self._context = zmq.asyncio.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, HIGH_WATER)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MESSAGE_OCTETS_MAX)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(address)

    def listen(self, wanted: bool) -> None:
        """Subscribe or not: a run that nobody listens to tells nothing."""
        if wanted != self._listening:
            self._listening = wanted
            self._socket.setsockopt(zmq.SUBSCRIBE if wanted else zmq.UNSUBSCRIBE, TOPIC)

    async def serve(self) -> None:
        """Take messages until cancelled; the others of this thread get their turn, however many come."""
        taken = 0
        while True:
            parts = await self._socket.recv_multipart()
            self.take_parts(parts)
            taken += 1
            if taken % AT_ONCE == 0:
                await asyncio.sleep(0)

    def take_parts(self, parts: list[bytes]) -> None:
        """Take what came from the socket; what is no message is counted and dropped."""
        message = decoded(parts)
        if message is None:
            self.counters["malformed"] += 1
            return
        key = (message.run, message.source)
        if key not in self._next and len(self._next) >= SOURCES_MAX:
            self._next.pop(next(iter(self._next)))
        expected = self._next.get(key)
        if expected is not None and message.seq > expected:
            self.counters["missed"] += message.seq - expected
        self._next[key] = message.seq + 1
        self._take(message)

    def close(self) -> None:
        """Close the socket."""
        self._context.destroy(linger=0)
