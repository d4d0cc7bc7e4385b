"""``make bench-per``: packet error rates of both receivers in noise, beside their limits, at every clock offset.

Prints the distance in dB at 10 % PER for each mode and writes ``bench/out/per.json``. One seed gives one result,
whatever the number of processes.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ampradio.phy.theory import required_ebn0_db, to_db
from ampradio.profile import load_profile
from ampradio.vectors import PpduKind
from testbed.bench.out import write_figures
from testbed.bench.per_curve import TARGET_PER, Point, crossing_db, crossing_interval_db
from testbed.bench.per_modes import MODES, Mode, downlink_per, errors, genie_errors, union_bound_per

CLOCKS_PPM = (0.0, 1000.0, 10_000.0)
PACKETS = 2000
QUICK_PACKETS = 256
GENIE_FACTOR = 10  # genie packets per measured packet
GENIE_GRID_DB = (4.25, 4.5, 4.75, 5.0)
BAR_DB = 1.0
SEED = 20260911


@dataclass(frozen=True)
class Curve:
    """One mode at one clock offset."""

    mode: Mode
    clock_ppm: float
    bar_db: float
    points: tuple[Point, ...]

    @property
    def measured_db(self) -> float:
        """Ec/N0 at the target packet error rate."""
        return crossing_db([point.ecn0_db for point in self.points], [point.per for point in self.points])

    @property
    def loss_db(self) -> float:
        """How far that is from the bar; negative when better."""
        return self.measured_db - self.bar_db

    def figures(self, seed: int) -> dict[str, Any]:
        """Return the curve as it goes into ``per.json``."""
        low_db, high_db = crossing_interval_db(self.points)
        return {
            "mode": self.mode.name,
            "rate_kbps": self.mode.rate_bps // 1000,
            "fs_msps": load_profile().preamble.sample_rate_sps / 1e6,
            "clock_ppm": self.clock_ppm,
            "detector": self.mode.detector,
            "bar": self.mode.bar,
            "bar_db": round(self.bar_db, 3),
            "measured_db": _rounded(self.measured_db),
            "measured_interval_db": [_rounded(low_db), _rounded(high_db)],
            "loss_db": _rounded(self.loss_db),
            "packets": self.points[0].packets,
            "seed": seed,
            "curve": [
                {
                    "ecn0_db": round(point.ecn0_db, 3),
                    "errors": point.errors,
                    "per": point.per,
                    "interval": list(point.interval),
                    "limit": point.limit,
                }
                for point in self.points
            ],
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write the figures; 1 when a mode is further than 1 dB from its bar."""
    parser = argparse.ArgumentParser(prog="bench-per", description=__doc__)
    parser.add_argument("--packets", type=int, default=PACKETS, help=f"per point (default {PACKETS})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PACKETS} packets a point")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default one per core")
    parser.add_argument("--plot", type=Path, help="also draw the curves into this file")
    arguments = parser.parse_args(argv)
    packets = QUICK_PACKETS if arguments.quick else arguments.packets
    if packets < 1 or arguments.processes < 1 or arguments.seed < 0:
        parser.error("packets and processes are at least 1, the seed is not negative")
    console = Console()
    curves, genie = measure(packets, arguments.seed, arguments.processes, console)
    for curve in curves:
        _print_points(console, curve)
    _print_summary(console, curves, genie)
    figures = [curve.figures(arguments.seed) for curve in curves]
    console.print(f"written to {write_figures('per', figures, with_machine=False)}")
    if arguments.plot:
        from testbed.bench.per_plot import draw

        console.print(f"drawn in {draw(curves, arguments.plot)}")
    return 0 if all(curve.loss_db <= BAR_DB for curve in curves) else 1


def measure(packets: int, seed: int, processes: int, console: Console) -> tuple[list[Curve], tuple[Point, ...]]:
    """Return a curve for every mode and clock offset, and the curve of the coded uplink's genie."""
    with ProcessPoolExecutor(processes) as workers, Progress(console=console, transient=True) as progress:
        genie = tuple(_genie(workers, packets * GENIE_FACTOR, seed, progress))
        genie_db = crossing_db([point.ecn0_db for point in genie], [point.per for point in genie])
        bars = {mode: _bar_db(mode, genie_db) for mode in MODES}
        waiting = {
            (mode, clock, offset): workers.submit(
                errors, mode, clock, bars[mode] + offset, packets, (seed, MODES.index(mode), int(clock), index)
            )
            for mode in MODES
            for clock in CLOCKS_PPM
            for index, offset in enumerate(mode.offsets_db)
        }
        _watch(progress, "PER", list(waiting.values()))
        curves = [
            Curve(
                mode,
                clock,
                bars[mode],
                tuple(
                    Point(
                        bars[mode] + offset,
                        waiting[mode, clock, offset].result(),
                        packets,
                        _limit(mode, bars[mode] + offset),
                    )
                    for offset in mode.offsets_db
                ),
            )
            for mode in MODES
            for clock in CLOCKS_PPM
        ]
    return curves, genie


def _genie(workers: ProcessPoolExecutor, packets: int, seed: int, progress: Progress) -> list[Point]:
    waiting = [workers.submit(genie_errors, db, packets, (seed, 99, index)) for index, db in enumerate(GENIE_GRID_DB)]
    _watch(progress, "genie of the coded uplink", waiting)
    return [
        Point(db, each.result(), packets, union_bound_per(db)) for db, each in zip(GENIE_GRID_DB, waiting, strict=True)
    ]


def _watch(progress: Progress, what: str, waiting: Sequence[Future[int]]) -> None:
    task = progress.add_task(what, total=len(waiting))
    for each in waiting:
        each.add_done_callback(lambda _: progress.advance(task))
    for each in waiting:
        each.result()


def _bar_db(mode: Mode, genie_db: float) -> float:
    if mode.kind is PpduKind.UL_ACTIVE:
        return genie_db
    return required_ebn0_db(TARGET_PER, lambda gamma: downlink_per(mode, float(to_db(gamma))))


def _limit(mode: Mode, ecn0_db: float) -> float:
    return union_bound_per(ecn0_db) if mode.kind is PpduKind.UL_ACTIVE else downlink_per(mode, ecn0_db)


def _rounded(value_db: float) -> float | None:
    return None if math.isnan(value_db) else round(value_db, 3)


def _shown(value_db: float) -> str:
    return "–" if math.isnan(value_db) else f"{value_db:.2f}"


def _print_points(console: Console, curve: Curve) -> None:
    limit = "union bound" if curve.mode.kind is PpduKind.UL_ACTIVE else "limit"
    title = f"{curve.mode.name}, clock ±{curve.clock_ppm:.0f} ppm ({curve.mode.detector})"
    table = Table("Ec/N0, dB", "PER", "95 % interval", limit, "packets", title=title)
    for point in curve.points:
        low, high = point.interval
        table.add_row(
            f"{point.ecn0_db:.2f}",
            f"{point.per:.4f}",
            f"{low:.4f} … {high:.4f}",
            f"{point.limit:.4f}",
            str(point.packets),
        )
    console.print(table)


def _print_summary(console: Console, curves: Sequence[Curve], genie: Sequence[Point]) -> None:
    seen = ", ".join(f"{point.ecn0_db:.2f} dB {point.per:.3f} ({point.limit:.3f})" for point in genie)
    console.print(f"Coded uplink, genie PER (union bound): {seen}")
    title = f"Ec/N0 at {TARGET_PER:.0%} PER: whole PPDUs of 16 octets, sync included"
    table = Table("mode", "clock, ppm", "bar", "bar, dB", "measured, dB", "95 %", "distance, dB", title=title)
    for curve in curves:
        low_db, high_db = crossing_interval_db(curve.points)
        table.add_row(
            curve.mode.name,
            f"±{curve.clock_ppm:.0f}",
            curve.mode.bar,
            f"{curve.bar_db:.2f}",
            _shown(curve.measured_db),
            f"{_shown(low_db)} … {_shown(high_db)}",
            f"{_shown(curve.loss_db)}",
        )
    console.print(table)


if __name__ == "__main__":
    raise SystemExit(main())
