"""Every mode at every clock offset over Ec/N0, spread over processes; the seed alone gives the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from rich.progress import Progress

from testbed.bench.per_case import Case, count_errors
from testbed.bench.per_curve import (
    TARGET_PER,
    Point,
    about,
    crossing_interval_db,
    median_crossing_db,
    points_crossing_db,
    pooled,
    rounded_db,
)
from testbed.bench.watching import watch

LOW_TARGET_PER = 0.01
STEP_DB = 0.5
FLOOR_DB = 4.0  # above the bar
FLOOR_PER = 1e-3
_FLOOR_JOBS = 4
_FLOOR_MOST = 24  # times the packets of the first look are drawn, if that is what it takes to tell
_NORMAL_SQUARE = 3.84  # of the 95 % interval
_FURTHEST_DB = 5.0  # from where a walk begins
_FADED_TIMES = 4  # so many times the packets on a grid: under fading a decibel changes little


@dataclass(frozen=True)
class Effort:
    """How much is measured: per point and seed up to ``packets``, fewer after ``errors``; ``floor`` at bar + 4 dB.

    Under fading more: see ``walk``.
    """

    packets: int
    errors: int
    seeds: int
    floor: int


@dataclass(frozen=True)
class Curve:
    """One mode at one clock offset: the bar at 10 % and at 1 %, what each seed gave, and the point at bar + 4 dB."""

    case: Case
    clock_ppm: float
    seeds: tuple[tuple[Point, ...], ...]
    bar_db: float = math.nan
    bar_1pct_db: float = math.nan
    floor: Point | None = None
    reference: Curve | None = None

    @property
    def points(self) -> tuple[Point, ...]:
        """All seeds together."""
        return pooled(self.seeds)

    @property
    def measured_db(self) -> float:
        """Ec/N0 at 10 % PER; NaN if it is not crossed."""
        return self._crossing_db(TARGET_PER)

    @property
    def measured_1pct_db(self) -> float:
        """Ec/N0 at 1 % PER; NaN if it is not crossed."""
        return self._crossing_db(LOW_TARGET_PER)

    @property
    def loss_db(self) -> float:
        """How far 10 % PER is from the bar; negative when better."""
        return self.measured_db - self.bar_db

    @property
    def loss_1pct_db(self) -> float:
        """How far 1 % PER is from the bar's."""
        return self.measured_1pct_db - self.bar_1pct_db

    def _crossing_db(self, target: float) -> float:
        """Return the median over seeds; on a grid, where fading makes each seed's own vague, that of all together."""
        if self.case.grid_db:
            return points_crossing_db(self.points, target)
        return median_crossing_db(self.seeds, target)

    def figures(self) -> dict[str, Any]:
        """Return the curve as it goes into ``per.json``."""
        case = self.case
        return {
            "mode": case.name,
            "family": case.family,
            "rate_kbps": case.rate_bps // 1000,
            "fs_msps": case.sample_rate_sps / 1e6,
            "clock_ppm": self.clock_ppm,
            "detector": case.detector,
            "bar": case.bar,
            "bar_db": rounded_db(self.bar_db),
            "measured_db": rounded_db(self.measured_db),
            "measured_interval_db": [rounded_db(bound_db) for bound_db in crossing_interval_db(self.points)],
            "loss_db": rounded_db(self.loss_db),
            "allowed_db": case.allowed_db,
            "bar_1pct_db": rounded_db(self.bar_1pct_db),
            "measured_1pct_db": rounded_db(self.measured_1pct_db),
            "loss_1pct_db": rounded_db(self.loss_1pct_db),
            "packets": sum(point.packets for point in self.points) + (self.floor.packets if self.floor else 0),
            "seeds": len(self.seeds),
            "curve": [point.figures() for point in self.points],
            "reference": [point.figures() for point in self.reference.points] if self.reference else None,
            "floor": self.floor.figures() if self.floor else None,
        }


def measure(cases: Sequence[Case], effort: Effort, seed: int, processes: int, progress: Progress) -> list[Curve]:
    """Return a curve for every mode and clock offset, the references of modes among them."""
    with ProcessPoolExecutor(processes) as workers:
        jobs = [(case, clock) for case in cases for clock in case.clocks_ppm]
        waiting = {
            (case.name, clock): [
                workers.submit(walk, case, clock, effort, (seed, index)) for index in range(effort.seeds)
            ]
            for case, clock in jobs
        }
        watch(progress, "packet error rates", [each for some in waiting.values() for each in some])
        curves = [
            Curve(case, clock, tuple(each.result() for each in waiting[case.name, clock])) for case, clock in jobs
        ]
        curves = [_with_bars(curve, curves) for curve in curves]
        if not effort.floor:
            return curves
        return _with_floors(workers, curves, effort, seed, progress)


def walk(case: Case, clock_ppm: float, effort: Effort, seed: tuple[int, ...]) -> tuple[Point, ...]:
    """Return the points of one seed: from above 10 % PER to below 1 % in steps, or where the case wants them."""

    def measured(ecn0_db: float, most: int | None, times: int = 1) -> Point:
        errors, packets = count_errors(case, clock_ppm, ecn0_db, times * effort.packets, most, seed)
        return Point(ecn0_db, errors, packets, case.limit(ecn0_db))

    if case.grid_db:
        return tuple(measured(ecn0_db, None, _FADED_TIMES) for ecn0_db in case.grid_db)
    first_db = round(case.first_db, 3)
    points = [measured(first_db, effort.errors)]
    while points[0].per < TARGET_PER and points[0].ecn0_db > first_db - _FURTHEST_DB:
        points.insert(0, measured(round(points[0].ecn0_db - STEP_DB, 3), effort.errors))
    while points[-1].per >= LOW_TARGET_PER and points[-1].ecn0_db < first_db + _FURTHEST_DB:
        points.append(measured(round(points[-1].ecn0_db + STEP_DB, 3), effort.errors))
    closer: set[float] = set()
    while case.closer > 1 and (near := about(points, TARGET_PER) - closer):
        closer |= near
        for index, point in enumerate(points):
            if point.ecn0_db in near:
                points[index] = measured(point.ecn0_db, case.closer * effort.errors, case.closer)
    return tuple(points)


def _with_bars(curve: Curve, curves: Sequence[Curve]) -> Curve:
    case = curve.case
    if case.reference is None:
        if case.is_reference:
            return curve
        return replace(curve, bar_db=case.limit_db(TARGET_PER), bar_1pct_db=case.limit_db(LOW_TARGET_PER))
    reference = next(
        each for each in curves if each.case.name == case.reference and each.clock_ppm == curve.clock_ppm
    )
    return replace(
        curve, bar_db=reference.measured_db, bar_1pct_db=reference.measured_1pct_db, reference=reference
    )


def _with_floors(
    workers: ProcessPoolExecutor, curves: Sequence[Curve], effort: Effort, seed: int, progress: Progress
) -> list[Curve]:
    """Return the curves with the point at bar + 4 dB, longer where that leaves open whether there is a floor."""
    done = list(curves)
    for turn in count():
        further = {index: packets for index, curve in enumerate(done) if (packets := _floor_packets(curve, effort))}
        if not further:
            break
        waiting = {
            index: [
                workers.submit(
                    count_errors,
                    done[index].case,
                    done[index].clock_ppm,
                    done[index].bar_db + FLOOR_DB,
                    -(-packets // _FLOOR_JOBS),
                    None,
                    (seed, 100 + turn, job),
                )
                for job in range(_FLOOR_JOBS)
            ]
            for index, packets in further.items()
        }
        watch(progress, "no floor", [job for some in waiting.values() for job in some])
        for index, some in waiting.items():
            done[index] = replace(done[index], floor=_added(done[index], [job.result() for job in some]))
    return done


def _floor_packets(curve: Curve, effort: Effort) -> int:
    """Return how many packets more may tell on which side of its bar the floor is; 0 once they have, or will not.

    So many that the interval would end at the bar if the rate stayed what it is, but no more than there were before.
    """
    if not curve.case.floor or math.isnan(curve.bar_db):
        return 0
    if curve.floor is None:
        return effort.floor
    low, high = curve.floor.interval
    if effort.floor < 1000 or not low < FLOOR_PER <= high:
        return 0
    before, rate = curve.floor.packets, curve.floor.per
    apart = max(abs(FLOOR_PER - rate), 0.1 * FLOOR_PER)
    wanted = math.ceil(_NORMAL_SQUARE * FLOOR_PER / apart**2) - before
    return min(max(wanted, effort.floor), before, max(_FLOOR_MOST * effort.floor - before, 0))


def _added(curve: Curve, counts: Sequence[tuple[int, int]]) -> Point:
    before = curve.floor or Point(curve.bar_db + FLOOR_DB, 0, 0, curve.case.limit(curve.bar_db + FLOOR_DB))
    errors, packets = (sum(column) for column in zip(*counts, strict=True))
    return replace(before, errors=before.errors + errors, packets=before.packets + packets)
