"""What is counted of a run, and what of the watching itself: each figure with a name that says what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

FCS = "bad_fcs"
LOSSES = ("overflows", "dropped_blocks")
LATE = "tx_late"
ROLES_MAX = 64


class RunCounters:
    """Takes events, and what the receivers say."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._crc = 0
        self._nodes: dict[str, Mapping[str, int]] = {}
        self._received: dict[str, int] = {}
        self._skipped: dict[str, int] = {}
        self._losses = 0
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
            self._received[node] = max(self._received.get(node, 0), received)
            self._skipped[node] = max(self._skipped.get(node, 0), skipped)
            self.changed = True

    def recorded(self, node: str, samples: int) -> None:
        """Take how many samples a node's recording has: what it received, less the rest after the run's end."""
        if node in self._nodes:
            self._received[node] = samples

    def radios(self, facts: object) -> None:
        """Take what a run over radios has noted of them: how often received samples were lost. None are, over zmq:."""
        losses = facts.get("losses") if isinstance(facts, Mapping) else None
        each = [one for one in losses if isinstance(one, Mapping)] if isinstance(losses, list) else []
        counts = [one.get(name) for one in each for name in LOSSES]
        self._losses = sum(count for count in counts if isinstance(count, int))

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
            "late": sum(counters.get(LATE, 0) for counters in self._nodes.values()),
            "losses": self._losses,
            "not_shown": sum(self._skipped.values()),
        }
