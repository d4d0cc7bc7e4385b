"""``make bench-mono``: packet error rates of mono-static backscatter in both directions, beside their bounds.

Prints the distance in dB at 10 % PER with the tag's clock right and ±100 000 ppm off, the uplink also with the AP's own
leak 20 dB and 50 dB above the reply, and writes ``bench/out/mono.json``. One seed gives one result, whatever the number
of processes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ampradio.phy.theory import required_ebn0_db, to_db
from ampradio.profile import load_profile
from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.mono_links import STILL_LINKS, Link, errors
from testbed.bench.out import write_figures
from testbed.bench.per_curve import TARGET_PER, Point, crossing_db, crossing_interval_db, rounded_db, shown_db
from testbed.bench.watching import watch

PACKETS = 1024
QUICK_PACKETS = 192
SEED = 20260911
CLOCKS_PPM = (0.0, 100_000.0)
LEAKS_DB = (None, 20.0, 50.0)
OFFSETS_DB = (-0.3, 0.2, 0.7, 1.2)
LOSS_BAR_DB = 0.6
LEAK_BAR_DB = 1.0
LINKS = tuple(
    replace(link, clock_ppm=clock_ppm, leak_db=leak_db)
    for link in STILL_LINKS
    for clock_ppm in CLOCKS_PPM
    for leak_db in (LEAKS_DB if link.is_uplink else (None,))
)


@dataclass(frozen=True)
class Curve:
    """A link's packet error rates and the Ec/N0 at which its bound reaches the target."""

    link: Link
    bar_db: float
    points: tuple[Point, ...]

    @property
    def measured_db(self) -> float:
        """Ec/N0 at the target packet error rate; NaN if the curve does not cross it."""
        return crossing_db([point.ecn0_db for point in self.points], [point.per for point in self.points])

    @property
    def loss_db(self) -> float:
        """How far that is from the bar."""
        return self.measured_db - self.bar_db

    def figures(self, seed: int) -> dict[str, Any]:
        """Return the curve as it goes into ``mono.json``: as in ``per.json``, with ``leak_db`` (null: no leak)."""
        return {
            "mode": self.link.name,
            "rate_kbps": self.link.rate_bps // 1000,
            "fs_msps": load_profile().preamble.sample_rate_sps / 1e6,
            "clock_ppm": self.link.clock_ppm,
            "leak_db": self.link.leak_db,
            "detector": "coherent, phase fitted to the chips" if self.link.is_uplink else "full-band energy",
            "bar": self.link.bound,
            "bar_db": rounded_db(self.bar_db),
            "measured_db": rounded_db(self.measured_db),
            "measured_interval_db": [rounded_db(bound_db) for bound_db in crossing_interval_db(self.points)],
            "loss_db": rounded_db(self.loss_db),
            "packets": self.points[0].packets,
            "seed": seed,
            "curve": [point.figures() for point in self.points],
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table and the bars, write the figures; 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(prog="bench-mono", description=__doc__)
    parser.add_argument("--packets", type=int, default=PACKETS, help=f"per point (default {PACKETS})")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PACKETS} packets a point")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default one per core")
    arguments = parser.parse_args(argv)
    packets = QUICK_PACKETS if arguments.quick else arguments.packets
    if packets < 1 or arguments.processes < 1 or arguments.seed < 0:
        parser.error("packets and processes are at least 1, the seed is not negative")
    console = bench_console()
    with Progress(console=console, transient=True) as progress:
        curves = measure(packets, arguments.seed, arguments.processes, progress)
    _print_summary(console, curves, arguments.seed)
    bars = held(curves)
    print_bars(console, "bars, dB", bars)
    figures = [curve.figures(arguments.seed) for curve in curves]
    console.print(f"written to {write_figures('mono', figures, with_machine=False)}")
    return 0 if all(bar.holds for bar in bars) else 1


def measure(packets: int, seed: int, processes: int, progress: Progress) -> list[Curve]:
    """Return a curve for every link; the same noise with every leak, so that its price is seen alone."""
    bars = {
        link: required_ebn0_db(TARGET_PER, lambda gamma, link=link: link.limit(float(to_db(gamma)))) for link in LINKS
    }
    with ProcessPoolExecutor(processes) as workers:
        waiting = {}
        for link in LINKS:
            for index, offset in enumerate(OFFSETS_DB):
                key = (seed, link.kind.value, link.rate_bps, int(link.clock_ppm), index)
                waiting[link, offset] = workers.submit(errors, link, bars[link] + offset, packets, key)
        watch(progress, "packet error rates", list(waiting.values()))
        return [
            Curve(
                link,
                bars[link],
                tuple(
                    Point(bars[link] + offset, waiting[link, offset].result(), packets, link.limit(bars[link] + offset))
                    for offset in OFFSETS_DB
                ),
            )
            for link in LINKS
        ]


def held(curves: Sequence[Curve]) -> list[Bar]:
    """Return the bars: the distance to the bound at the worst clock, and what the strongest leak costs."""
    bars = []
    for curve in curves:
        link = curve.link
        if link.clock_ppm == max(CLOCKS_PPM) and link.leak_db is None:
            bars.append(Bar(f"{link.name}, ±{link.clock_ppm:.0f} ppm", curve.loss_db, LOSS_BAR_DB, at_most=True))
        if link.leak_db == LEAKS_DB[-1]:
            without = next(each for each in curves if each.link == replace(link, leak_db=None))
            what = f"{link.name}, ±{link.clock_ppm:.0f} ppm, price of a leak {link.leak_db:.0f} dB above"
            bars.append(Bar(what, curve.measured_db - without.measured_db, LEAK_BAR_DB, at_most=True))
    return bars


def _print_summary(console: Console, curves: Sequence[Curve], seed: int) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("mode", "clock\nppm", "leak\ndB", "bar\ndB", "measured\ndB", "95 %\ndB", "distance\ndB"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.title = f"Ec/N0 at {TARGET_PER:.0%} PER, PPDUs of 16 octets with sync, seed {seed}"
    for curve in curves:
        low_db, high_db = crossing_interval_db(curve.points)
        table.add_row(
            curve.link.name,
            f"±{curve.link.clock_ppm:.0f}",
            "–" if curve.link.leak_db is None else f"{curve.link.leak_db:.0f}",
            f"{curve.bar_db:.2f}",
            shown_db(curve.measured_db),
            f"{shown_db(low_db)} … {shown_db(high_db)}",
            shown_db(curve.loss_db),
        )
    console.print(table)
    for bound in dict.fromkeys((curve.link.is_uplink, curve.link.bound) for curve in curves):
        console.print(f"{'uplink' if bound[0] else 'downlink'}: {bound[1]}")


if __name__ == "__main__":
    raise SystemExit(main())
