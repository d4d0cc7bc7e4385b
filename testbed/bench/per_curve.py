"""A packet error rate over Ec/N0 with its intervals, and where it crosses a target."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ampradio.phy.theory import wilson_interval

TARGET_PER = 0.1


@dataclass(frozen=True)
class Point:
    """Errors of ``packets`` at one Ec/N0, beside the ideal receiver's packet error rate there (NaN: no formula)."""

    ecn0_db: float
    errors: int
    packets: int
    limit: float

    @property
    def per(self) -> float:
        """The packet error rate seen."""
        return self.errors / self.packets

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % Wilson interval."""
        return wilson_interval(self.errors, self.packets)

    def figures(self) -> dict[str, object]:
        """Return the point as it goes into a bench's JSON."""
        return {
            "ecn0_db": rounded_db(self.ecn0_db),
            "errors": self.errors,
            "packets": self.packets,
            "per": self.per,
            "interval": list(self.interval),
            "limit": None if math.isnan(self.limit) else self.limit,
        }


def rounded_db(value_db: float) -> float | None:
    """Return the value as it is written to JSON: thousandths of a decibel, None for NaN."""
    return None if math.isnan(value_db) else round(value_db, 3)


def shown_db(value_db: float) -> str:
    """Return the value as a table shows it."""
    return "–" if math.isnan(value_db) else f"{value_db:.2f}"


def crossing_db(ecn0_db: Sequence[float], rates: Sequence[float], target: float = TARGET_PER) -> float:
    """Return where falling ``rates`` cross ``target``, interpolating log PER; NaN if they do not."""
    for (low_db, low), (high_db, high) in pairwise(zip(ecn0_db, rates, strict=True)):
        if low >= target > high:
            if high <= 0:
                return high_db - (high_db - low_db) / 2
            part = math.log(low / target) / math.log(low / high)
            return low_db + part * (high_db - low_db)
    return math.nan


def about(points: Sequence[Point], target: float = TARGET_PER) -> set[float]:
    """Return the Ec/N0 in dB of the two points between which ``target`` is first crossed; none if it is not."""
    for low, high in pairwise(points):
        if low.per >= target > high.per:
            return {low.ecn0_db, high.ecn0_db}
    return set()


def points_crossing_db(points: Sequence[Point], target: float = TARGET_PER) -> float:
    """Return the Ec/N0 in dB at which the points cross ``target``, NaN if they do not."""
    return crossing_db([point.ecn0_db for point in points], [point.per for point in points], target)


def crossing_interval_db(points: Sequence[Point], target: float = TARGET_PER) -> tuple[float, float]:
    """Return the crossings of the lower and of the upper Wilson bounds; NaN where one does not cross."""
    where = [point.ecn0_db for point in points]
    low = crossing_db(where, [point.interval[0] for point in points], target)
    high = crossing_db(where, [point.interval[1] for point in points], target)
    return low, high


def median_crossing_db(seeds: Iterable[Sequence[Point]], target: float) -> float:
    """Return the median over seeds of where each crosses; NaN if one does not."""
    crossings = [points_crossing_db(points, target) for points in seeds]
    return math.nan if any(math.isnan(each) for each in crossings) else median(crossings)


def pooled(seeds: Iterable[Sequence[Point]]) -> tuple[Point, ...]:
    """Return the points of all seeds added up at each Ec/N0, in order."""
    added: dict[float, Point] = {}
    for point in (point for points in seeds for point in points):
        before = added.get(point.ecn0_db, Point(point.ecn0_db, 0, 0, point.limit))
        added[point.ecn0_db] = Point(
            point.ecn0_db, before.errors + point.errors, before.packets + point.packets, point.limit
        )
    return tuple(added[where] for where in sorted(added))
