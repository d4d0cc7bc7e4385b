"""What has been run of a sweep and what is still to run, by rules that do not depend on who finishes first.

A point counts its runs in order, up to and including the one that brings the wanted number of errors; what other
workers had begun beyond it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from testbed.sweep.axes import Point
from testbed.sweep.work import Loader, Outcome, Piece


class Ledger:
    """The outcomes of ``points``, ``runs`` of each, or fewer when ``errors`` have failed (0: never fewer)."""

    def __init__(self, points: Sequence[Point], runs: int, errors: int, seed: int) -> None:
        self.points, self.runs, self.errors, self.seed = points, runs, errors, seed
        self._outcomes: list[dict[int, Outcome]] = [{} for _ in points]
        self._counted = [0] * len(points)
        self._failed = [0] * len(points)

    def put(self, outcome: Outcome) -> None:
        """Take one outcome, of any point and run, in any order."""
        at, found = outcome.point, self._outcomes[outcome.point]
        found[outcome.run] = outcome
        while not self.over(at) and (following := found.get(self._counted[at])) is not None:
            self._counted[at] += 1
            self._failed[at] += not following.ok

    def fits(self, outcome: Outcome) -> bool:
        """Tell whether this outcome is of this sweep."""
        within = 0 <= outcome.point < len(self.points) and outcome.run >= 0
        return within and outcome.seed == self.points[outcome.point].seed(self.seed, outcome.run)

    def over(self, at: int) -> bool:
        """Tell whether the point at this index needs no further run."""
        return self._counted[at] >= self.runs or 0 < self.errors <= self._failed[at]

    def counted(self, at: int) -> list[Outcome]:
        """Return the outcomes that count, in order of their runs."""
        return [self._outcomes[at][run] for run in range(self._counted[at])]

    def progress(self) -> tuple[int, int]:
        """Return how many runs count so far, and how many there will be at most."""
        most = (self._counted[at] if self.over(at) else self.runs for at in range(len(self.points)))
        return sum(self._counted), sum(most)

    def pieces(self, load: Loader) -> Iterator[Piece]:
        """Yield what is to be run, point by point; a point that is over by then is left."""
        for at, point in enumerate(self.points):
            for run in range(self.runs):
                if self.over(at):
                    break
                if run not in self._outcomes[at]:
                    yield Piece(at, run, load(point, point.seed(self.seed, run)))
