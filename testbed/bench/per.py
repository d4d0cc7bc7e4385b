"""``make bench-per``: packet error rates of both receivers in noise, beside their limits, at every clock offset.

Prints the distance in dB at 10 % PER for each mode and writes ``bench/out/per.json``. One seed gives one result,
whatever the number of processes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from testbed.bench.out import write_figures
from testbed.bench.per_curve import TARGET_PER, Point, crossing_interval_db, shown_db
from testbed.bench.per_measure import Curve, Genies, measure

PACKETS = 1500
QUICK_PACKETS = 256
BAR_DB = 1.0
SEED = 20260911


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
    with Progress(console=console, transient=True) as progress:
        curves, genies = measure(packets, arguments.seed, arguments.processes, progress)
    for curve in curves:
        _print_points(console, curve)
    _print_genies(console, genies)
    _print_summary(console, curves, arguments.seed)
    figures = [curve.figures(arguments.seed) for curve in curves]
    console.print(f"written to {write_figures('per', figures, with_machine=False)}")
    if arguments.plot:
        from testbed.bench.per_plot import draw

        console.print(f"drawn in {draw(curves, arguments.plot)}")
    return 0 if all(curve.loss_db <= BAR_DB for curve in curves) else 1


def _print_points(console: Console, curve: Curve) -> None:
    limit = "union bound" if curve.mode.coded else "limit"
    table = Table("Ec/N0, dB", "PER", "95 % interval", limit, "packets")
    table.title = f"{curve.mode.name}, clock ±{curve.clock_ppm:.0f} ppm"
    for point in curve.points:
        _add_point(table, point)
    console.print(table)


def _print_genies(console: Console, genies: Genies) -> None:
    table = Table("Ec/N0, dB", "PER", "95 % interval", "union bound", "packets")
    table.title = "Coded uplink with ideal timing: the phase of each chip unknown, then known"
    for point in genies.non_coherent:
        _add_point(table, point)
    table.add_section()
    for point in genies.coherent:
        _add_point(table, point, bound=False)
    console.print(table)


def _add_point(table: Table, point: Point, bound: bool = True) -> None:
    low, high = point.interval
    limit = f"{point.limit:.4f}" if bound else "–"
    table.add_row(f"{point.ecn0_db:.2f}", f"{point.per:.4f}", f"{low:.4f} … {high:.4f}", limit, f"{point.packets}")


def _print_summary(console: Console, curves: Sequence[Curve], seed: int) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("mode", "clock\nppm", "bar\ndB", "measured\ndB", "95 %\ndB", "distance\ndB", "phase known\ndB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.title = f"Ec/N0 at {TARGET_PER:.0%} PER, PPDUs of 16 octets with sync, seed {seed}"
    for curve in curves:
        low_db, high_db = crossing_interval_db(curve.points)
        table.add_row(
            curve.mode.name,
            f"±{curve.clock_ppm:.0f}",
            f"{curve.bar_db:.2f}",
            shown_db(curve.measured_db),
            f"{shown_db(low_db)} … {shown_db(high_db)}",
            f"{shown_db(curve.loss_db)}",
            "" if curve.coherent_bar_db is None else shown_db(curve.coherent_bar_db),
        )
    console.print(table)
    for name, detector, bar in dict.fromkeys((each.mode.name, each.mode.detector, each.mode.bar) for each in curves):
        console.print(f"{name}: {detector}; bar: {bar}")



if __name__ == "__main__":
    raise SystemExit(main())
