"""``frames.pcapng`` while a run goes on: packets of several sources, written in order of air time."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from testbed.capture.pcapng import Interface, PcapngWriter

HOLD_NS = 20_000_000
"""A PPDU is told of at its end and stands at its beginning: none is longer than this."""


class FrameFile:
    """Holds packets back until no source can still tell of an earlier one; two runs of one seed write the same file."""

    def __init__(self, path: Path, interfaces: Sequence[Interface], sources: Sequence[str]) -> None:
        self._writer = PcapngWriter(path, *interfaces)
        self._reached_ns = dict.fromkeys(sources, 0)
        self._rank = {source: rank for rank, source in enumerate(sources)}
        self._count = dict.fromkeys(sources, 0)
        self._held: list[tuple[int, int, int, int, int, bytes]] = []  # what is sent stands before who receives it

    def add(self, source: str, time_ns: int, octets: bytes, interface: int, direction: int = 0) -> None:
        """Take a packet of ``source``."""
        self._count[source] += 1
        place = time_ns, -direction, self._rank[source], self._count[source]
        heapq.heappush(self._held, (*place, interface, octets))

    def reached(self, source: str, now_ns: int) -> None:
        """Note how far ``source`` has come, and write what is settled."""
        self._reached_ns[source] = max(self._reached_ns[source], now_ns)
        self._write_until(min(self._reached_ns.values()) - HOLD_NS)

    def close(self) -> None:
        """Write what is left and end the file."""
        self._write_until(None)
        self._writer.close()

    def __enter__(self) -> FrameFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write_until(self, limit_ns: int | None) -> None:
        while self._held and (limit_ns is None or self._held[0][0] < limit_ns):
            time_ns, direction, _, _, interface, octets = heapq.heappop(self._held)
            self._writer.write(time_ns, octets, interface, -direction)
