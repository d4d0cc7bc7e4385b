"""``make bench-per``: packet error rates of every receiver in noise and fading, beside their limits, at every clock.

Prints the distance in dB at 10 % and 1 % PER for each case, holds it against its bar, looks for a floor 4 dB above, and
writes ``bench/out/per.json``. One seed gives one result, whatever the number of processes. ``--page`` measures nothing:
it writes the tables and pictures of docs/performance.md from what was measured last.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.out import machine, write_figures
from testbed.bench.per_case import Case
from testbed.bench.per_catalogue import cases
from testbed.bench.per_curve import crossing_interval_db, shown_db
from testbed.bench.per_measure import FLOOR_DB, FLOOR_PER, Curve, Effort, measure
from testbed.bench.per_modes import OCTETS

EFFORT = Effort(packets=500, errors=30, seeds=3, floor=3900)
QUICK = Effort(packets=16, errors=8, seeds=1, floor=0)
SEED = 20260911


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the tables and the bars, write the figures; 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(prog="bench-per", description=__doc__)
    parser.add_argument("--packets", type=int, default=EFFORT.packets, help=f"per point (default {EFFORT.packets})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK.packets} packets a point, no look for floors")
    parser.add_argument("--only", metavar="MODE", default="", help="modes whose name holds this, and what they need")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default one per core")
    parser.add_argument("--page", action="store_true", help="write docs/performance.md from the last figures, and end")
    arguments = parser.parse_args(argv)
    if arguments.packets < 1 or arguments.processes < 1 or arguments.seed < 0:
        parser.error("packets and processes are at least 1, the seed is not negative")
    console = bench_console()
    if arguments.page:
        from testbed.bench.per_page import write_page

        for path in write_page(Path()):
            console.print(f"written: {path}")
        return 0
    wanted = chosen(cases(), arguments.only)
    if not wanted:
        parser.error(f"no mode is called {arguments.only!r}: {', '.join(case.name for case in cases())}")
    effort = QUICK if arguments.quick else replace(EFFORT, packets=arguments.packets)
    with Progress(console=console, transient=True) as progress:
        curves = measure(wanted, effort, arguments.seed, arguments.processes, progress)
    for curve in curves:
        _print_points(console, curve)
    _print_summary(console, curves, arguments.seed)
    bars = held(curves)
    print_bars(console, "bars", bars)
    common = {"seed": arguments.seed, "machine": machine()}
    figures = [curve.figures() | common for curve in curves if not curve.case.is_reference]
    console.print(f"written to {write_figures('per', figures, with_machine=False)}")
    missed = [bar.what for bar in bars if not bar.holds]
    if missed:
        console.print("does not hold: " + "; ".join(missed), soft_wrap=True)
    return 1 if missed else 0


def chosen(catalogue: Sequence[Case], only: str) -> list[Case]:
    """Return the cases whose name holds ``only``, and their references."""
    names = {case.name for case in catalogue if only.lower() in case.name.lower()}
    for case in reversed(catalogue):  # a reference stands before what refers to it
        if case.name in names and case.reference:
            names.add(case.reference)
    return [case for case in catalogue if case.name in names]


def held(curves: Sequence[Curve]) -> list[Bar]:
    """Return the bars: the distance at 10 % PER, and no floor, by the upper Wilson bound."""
    bars = []
    for curve in curves:
        what = f"{curve.case.name}, ±{curve.clock_ppm:.0f} ppm"
        if curve.case.allowed_db is not None:
            bars.append(Bar(f"{what}, dB at 10 % PER", curve.loss_db, curve.case.allowed_db, at_most=True))
        if curve.floor is not None:
            bars.append(Bar(f"{what}, PER at bar + {FLOOR_DB:g} dB", curve.floor.interval[1], FLOOR_PER, at_most=True))
    return bars


def _print_points(console: Console, curve: Curve) -> None:
    table = Table("Ec/N0, dB", "PER", "95 % interval", "limit", "errors", "packets")
    table.title = f"{curve.case.name}, clock ±{curve.clock_ppm:.0f} ppm"
    for point in (*curve.points, *([curve.floor] if curve.floor else [])):
        low, high = point.interval
        limit = "–" if point.limit != point.limit else f"{point.limit:.2g}"
        table.add_row(
            f"{point.ecn0_db:.2f}",
            f"{point.per:.2g}",
            f"{low:.2g} … {high:.2g}",
            limit,
            f"{point.errors}",
            f"{point.packets}",
        )
    console.print(table)


def _print_summary(console: Console, curves: Sequence[Curve], seed: int) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    headings = ("mode", "clock\nppm", "bar\ndB", "10 % PER\ndB", "95 %\ndB", "distance\ndB", "at 1 %\ndB")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    table.title = f"Ec/N0 of PPDUs of {OCTETS} octets with sync; medians of {len(curves[0].seeds)} seeds from {seed}"
    for curve in curves:
        low_db, high_db = crossing_interval_db(curve.points)
        table.add_row(
            curve.case.name,
            f"±{curve.clock_ppm:.0f}",
            shown_db(curve.bar_db),
            shown_db(curve.measured_db),
            f"{shown_db(low_db)} … {shown_db(high_db)}",
            shown_db(curve.loss_db),
            shown_db(curve.loss_1pct_db),
        )
    console.print(table)
    for name, detector, bar in dict.fromkeys((each.case.name, each.case.detector, each.case.bar) for each in curves):
        console.print(f"{name}: {detector}; bar: {bar or 'none'}")


if __name__ == "__main__":
    raise SystemExit(main())
