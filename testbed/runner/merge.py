"""One sequence of events from several nodes that do not run at the same speed."""

from __future__ import annotations

import heapq
from typing import Any


class EventMerge:
    """Give events in order of air time, however the nodes' processes were scheduled.

    An event leaves once every node has reached its time, so that none can still come before it.
    """

    def __init__(self, nodes: list[str]) -> None:
        self._reached = dict.fromkeys(nodes, -1)
        self._rank = {node: rank for rank, node in enumerate(nodes)}
        self._count = 0
        self._heap: list[tuple[int, int, int, dict[str, Any]]] = []

    def put(self, node: str, reached_ns: int, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Take what ``node`` had to tell up to ``reached_ns`` and return what is now settled."""
        for record in records:
            self._count += 1
            heapq.heappush(self._heap, (record["t_ns"], self._rank[node], self._count, record))
        self._reached[node] = max(self._reached[node], reached_ns)
        limit = min(self._reached.values())
        return self._until(limit - 1)

    def rest(self, stop_ns: int) -> list[dict[str, Any]]:
        """Return what is left up to ``stop_ns``; what came later is not part of the run."""
        return self._until(stop_ns)

    def _until(self, limit_ns: int) -> list[dict[str, Any]]:
        out = []
        while self._heap and self._heap[0][0] <= limit_ns:
            out.append(heapq.heappop(self._heap)[3])
        return out
