"""Every mode at every clock offset over Ec/N0, spread over processes; the seed alone gives the result."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich.progress import Progress

from ampradio.phy.theory import required_ebn0_db, to_db
from ampradio.profile import load_profile
from testbed.bench.per_curve import TARGET_PER, Point, crossing_db, crossing_interval_db, rounded_db
from testbed.bench.per_modes import MODES, Mode, downlink_per, errors, genie_errors, union_bound_per

CLOCKS_PPM = (0.0, 1000.0, 10_000.0)
GENIE_FACTOR = 10  # genie packets per measured packet
GENIE_DB = (4.0, 4.5, 5.0, 5.5)
COHERENT_GENIE_DB = (1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Genies:
    """The coded uplink with ideal integrals: PER when each chip's phase is unknown by itself, and when it is known."""

    non_coherent: tuple[Point, ...]
    coherent: tuple[Point, ...]


@dataclass(frozen=True)
class Curve:
    """One mode at one clock offset, with its bar and, uplink, that of a receiver that knows the phase."""

    mode: Mode
    clock_ppm: float
    bar_db: float
    coherent_bar_db: float | None
    points: tuple[Point, ...]

    @property
    def measured_db(self) -> float:
        """Ec/N0 at the target packet error rate; NaN if the curve does not cross it."""
        return crossing(self.points)

    @property
    def loss_db(self) -> float:
        """How far that is from the bar; negative when better."""
        return self.measured_db - self.bar_db

    def figures(self, seed: int) -> dict[str, Any]:
        """Return the curve as it goes into ``per.json``."""
        coherent_db = self.coherent_bar_db
        return {
            "mode": self.mode.name,
            "rate_kbps": self.mode.rate_bps // 1000,
            "fs_msps": load_profile().preamble.sample_rate_sps / 1e6,
            "clock_ppm": self.clock_ppm,
            "detector": self.mode.detector,
            "bar": self.mode.bar,
            "bar_db": rounded_db(self.bar_db),
            "measured_db": rounded_db(self.measured_db),
            "measured_interval_db": [rounded_db(bound_db) for bound_db in crossing_interval_db(self.points)],
            "loss_db": rounded_db(self.loss_db),
            "coherent_bar_db": None if coherent_db is None else rounded_db(coherent_db),
            "packets": self.points[0].packets,
            "seed": seed,
            "curve": [point.figures() for point in self.points],
        }


def crossing(points: Sequence[Point]) -> float:
    """Return the Ec/N0 in dB at which the points cross the target packet error rate, NaN if they do not."""
    return crossing_db([point.ecn0_db for point in points], [point.per for point in points])


def measure(packets: int, seed: int, processes: int, progress: Progress) -> tuple[list[Curve], Genies]:
    """Return a curve for every mode and clock offset, and the genies of the coded uplink."""
    with ProcessPoolExecutor(processes) as workers:
        genies = _genies(workers, packets * GENIE_FACTOR, seed, progress)
        bars = {mode: _bar_db(mode, genies) for mode in MODES}
        waiting = {
            (mode, clock): [
                workers.submit(
                    errors, mode, clock, bars[mode] + offset, packets, (seed, MODES.index(mode), int(clock), index)
                )
                for index, offset in enumerate(mode.offsets_db)
            ]
            for mode in MODES
            for clock in CLOCKS_PPM
        }
        _watch(progress, "packet error rates", [each for some in waiting.values() for each in some])
    coherent_db = crossing(genies.coherent)
    curves = [
        Curve(
            mode,
            clock,
            bars[mode],
            coherent_db if mode.coded else None,
            tuple(
                Point(bars[mode] + offset, each.result(), packets, _limit(mode, bars[mode] + offset))
                for offset, each in zip(mode.offsets_db, some, strict=True)
            ),
        )
        for (mode, clock), some in waiting.items()
    ]
    return curves, genies


def _genies(workers: ProcessPoolExecutor, packets: int, seed: int, progress: Progress) -> Genies:
    waiting = [
        [
            workers.submit(genie_errors, ecn0_db, packets, coherent, (seed, 99, int(coherent), index))
            for index, ecn0_db in enumerate(grid)
        ]
        for coherent, grid in ((False, GENIE_DB), (True, COHERENT_GENIE_DB))
    ]
    _watch(progress, "genies of the coded uplink", waiting[0] + waiting[1])
    without, with_phase = (
        tuple(
            Point(ecn0_db, each.result(), packets, union_bound_per(ecn0_db))
            for ecn0_db, each in zip(grid, some, strict=True)
        )
        for grid, some in zip((GENIE_DB, COHERENT_GENIE_DB), waiting, strict=True)
    )
    return Genies(without, with_phase)


def _watch(progress: Progress, what: str, waiting: Sequence[Future[int]]) -> None:
    task = progress.add_task(what, total=len(waiting))
    for each in waiting:
        each.add_done_callback(lambda _: progress.advance(task))
    for each in waiting:
        each.result()


def _bar_db(mode: Mode, genies: Genies) -> float:
    if mode.coded:
        return crossing(genies.non_coherent)
    return required_ebn0_db(TARGET_PER, lambda gamma: downlink_per(mode, float(to_db(gamma))))


def _limit(mode: Mode, ecn0_db: float) -> float:
    return union_bound_per(ecn0_db) if mode.coded else downlink_per(mode, ecn0_db)

