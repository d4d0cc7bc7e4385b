"""The newest of what each role received, decimated: the envelope in pieces, and the rows of the waterfall."""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from testbed.live.messages import Piece, Row, Samples

POINTS_MAX = 40_000
"""0.2 s of air at a point every 5 µs."""
ROWS_MAX = 640
ROLES = ("ap", "tag")


@dataclass
class _Role:
    rate_sps: int = 0
    step: int = 1
    pieces: deque[Piece] = field(default_factory=deque)
    rows: deque[Row] = field(default_factory=lambda: deque(maxlen=ROWS_MAX))
    points: int = 0

    def add(self, pieces: list[Piece], rows: list[Row]) -> None:
        self.rows.extend(rows)
        self.pieces.extend(pieces)
        self.points += sum(len(each.levels) for each in pieces)
        while self.points > POINTS_MAX and self.pieces:
            self.points -= len(self.pieces.popleft().levels)

    def as_dict(self, role: str) -> dict[str, Any]:
        return {
            "role": role,
            "rate": self.rate_sps,
            "step": self.step,
            "pieces": [[each.first, _text(each.levels)] for each in self.pieces],
            "rows": [[each.first, _text(each.levels)] for each in self.rows],
        }


class ShownSamples:
    """Keeps what a page that is opened now should see, and what has come since it was last told."""

    def __init__(self) -> None:
        self._kept: dict[str, _Role] = {}
        self._new: dict[str, _Role] = {}

    def take(self, message: Samples) -> None:
        """Keep what a node shows; roles that are none are left out."""
        if message.role not in ROLES:
            return
        for roles in (self._kept, self._new):
            role = roles.setdefault(message.role, _Role())
            role.rate_sps, role.step = message.rate_sps, max(message.step, 1)
            role.add(message.envelope, message.rows)

    def new(self) -> list[dict[str, Any]]:
        """Return and forget what is new."""
        new, self._new = self._new, {}
        return [role.as_dict(name) for name, role in new.items()]

    def whole(self) -> list[dict[str, Any]]:
        """Return all that is kept."""
        return [role.as_dict(name) for name, role in self._kept.items()]


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
