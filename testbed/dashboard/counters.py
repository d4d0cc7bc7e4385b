"""What is counted of a run, and what of the watching itself: each figure with a name that says what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

FCS = "bad_fcs"
LOST = ("samples_lost", "overflows", "lost_samples")
LATE = ("tx_late", "late_bursts", "underflows")
ROLES_MAX = 64


class RunCounters:
    """Takes events, and what the receivers say."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._crc = 0
        self._nodes: dict[str, Mapping[str, int]] = {}
        self._received: dict[str, int] = {}
        self._skipped: dict[str, int] = {}
        self.changed = True

    def take(self, event: Mapping[str, object]) -> None:
        """Count one event."""
        kind = str(event.get("kind"))
        if kind not in ("tx", "rx", "drop", "retry", "brown_out"):
            return
        self._kinds[kind] += 1
        self._crc += kind == "drop" and event.get("reason") == FCS
        self.changed = True

    def receiver(self, node: str, counters: Mapping[str, int], received: int, skipped: int = 0) -> None:
        """Take what a node's receiver has counted so far."""
        if node in self._nodes or len(self._nodes) < ROLES_MAX:
            self._nodes[node] = counters
            self._received[node], self._skipped[node] = received, skipped
            self.changed = True

    def as_dict(self) -> dict[str, Any]:
        """Return the figures; ``samples`` by node."""
        return {
            "samples": dict(self._received),
            "sent": self._kinds["tx"],
            "received": self._kinds["rx"],
            "crc": self._crc,
            "dropped": self._kinds["drop"] - self._crc,
            "retries": self._kinds["retry"],
            "dark": self._kinds["brown_out"],
            "late": self._sum(LATE),
            "lost": self._sum(LOST),
            "not_shown": sum(self._skipped.values()),
        }

    def _sum(self, names: tuple[str, ...]) -> int:
        return sum(int(counters.get(name, 0)) for counters in self._nodes.values() for name in names)
