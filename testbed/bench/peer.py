"""``make bench-peer``: our receiver beside the best chain of stock GNU Radio blocks, on the same packets.

Uncoded Manchester OOK at 250 kb/s, 128 bits, 4 MS/s: a keyed carrier at the AP, which the bars are for, and the draft's
MC-OOK at a tag that hears power. The chain (FIR, |x|², ``corr_est_cc``, ``symbol_sync_ff``) is tuned for each clock
error on packets of its own and read favourably; ours is used as it is, the AP's by both of its detectors. The bars are
for the coherent-aided one; the non-coherent one, which like the chain knows no phase, is printed against the same.
Prints the packet error rates with intervals and the distance in dB at 10 %, and writes ``bench/out/peer.json``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from rich import box
from rich.console import Console
from rich.table import Table

from ampradio.phy.uncoded_frame import Detector
from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.out import write_figures
from testbed.bench.peer_measure import CLOCKS_PPM, LINKS, UPLINK, Comparison, compare
from testbed.bench.peer_tune import PASSES
from testbed.bench.per_curve import Point, shown_db

PACKETS = 500
QUICK_PACKETS = 24
TUNING = 500
SEEDS = 3
SEED = 20260911
OURS = Detector.COHERENT_AIDED.value  # what the bars are for
DRAFTS = Detector.NON_COHERENT.value  # and what is held against them besides
BETTER_DB = {100.0: 0.2, 1000.0: 0.5}
# At the worst clock: where ours has to have its 10 %, and what the peer has to lose there to be called failing.
DECODES_DB = 11.08
FAILS_PER = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write the figures; 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(prog="bench-peer", description=__doc__)
    parser.add_argument("--packets", type=int, default=PACKETS, help=f"per point and seed (default {PACKETS})")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many (default {SEEDS})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"the first (default {SEED})")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default one per core")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PACKETS} packets, one seed, peer not tuned")
    arguments = parser.parse_args(argv)
    count, seeds, tuning, passes = arguments.packets, arguments.seeds, TUNING, PASSES
    if arguments.quick:
        count, seeds, tuning, passes = QUICK_PACKETS, 1, QUICK_PACKETS, 0
    if min(count, seeds, arguments.processes) < 1 or arguments.seed < 0:
        parser.error("packets, seeds and processes are at least 1, the seed is not negative")
    used = tuple(range(arguments.seed, arguments.seed + seeds))
    # GNU Radio's threads do not survive a fork
    with ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as workers:
        one = partial(compare, count=count, seeds=used, tuning=tuning, passes=passes)
        comparisons = list(workers.map(one, [(link, clock) for link in range(len(LINKS)) for clock in CLOCKS_PPM]))
    console = bench_console()
    for comparison in comparisons:
        _print_points(console, comparison)
    _print_summary(console, comparisons)
    bars, others = bars_of(comparisons, OURS), bars_of(comparisons, DRAFTS)
    print_bars(console, f"Bars, uplink, ours {OURS}: what an AP has to offer; medians of {seeds} seeds", bars)
    print_bars(console, f"The same, ours {DRAFTS}: as the draft's receiver and the peer; not of the exit code", others)
    measured = [each.figures() for each in comparisons]
    figures = {"comparisons": measured, "bars": [bar.figures() for bar in bars], "seeds": used}
    figures |= {"bars_for": OURS, "yardsticks": [bar.figures() for bar in others], "yardsticks_for": DRAFTS}
    console.print(f"written to {write_figures('peer', figures)}")
    return 0 if all(bar.holds for bar in bars) else 1


def bars_of(comparisons: Sequence[Comparison], detector: str) -> list[Bar]:
    """Return what the comparisons of our receiver by one ``detector`` are held against."""
    bars = []
    for each in comparisons:
        if each.link != UPLINK.name:
            continue
        clock = f"±{each.clock_ppm:.0f} ppm"
        if each.clock_ppm in BETTER_DB:
            bars.append(Bar(f"{clock}: ours better, dB", each.better_db(detector), BETTER_DB[each.clock_ppm]))
            continue
        measured_db = each.ours[detector].measured_db
        bars.append(Bar(f"{clock}: ours at 10 % PER, dB", measured_db, DECODES_DB, at_most=True))
        bars.append(Bar(f"{clock}: PER of the peer there", each.peer.per_at(measured_db), FAILS_PER))
    return bars


def _print_points(console: Console, comparison: Comparison) -> None:
    table = _table("Ec/N0\ndB", "peer", *(f"ours\n{detector}" for detector in comparison.ours), "limit")
    packets = comparison.peer.points[0].packets
    table.title = f"PER, {comparison.link}, clock ±{comparison.clock_ppm:.0f} ppm, {packets} packets a point"
    for index, point in enumerate(comparison.peer.points):
        ours = [_shown(side.points[index]) if index < len(side.points) else "" for side in comparison.ours.values()]
        table.add_row(f"{point.ecn0_db:.1f}", _shown(point), *ours, f"{point.limit:.3f}")
    console.print(table)
    chosen = comparison.settings
    console.print(
        f"The peer's settings: loop bandwidth {chosen.loop_bandwidth:g}, TED gain {chosen.ted_gain:g}, damping "
        f"{chosen.damping:g}, deviation {chosen.deviation:g} times the clock error, offset {chosen.offset:g}, "
        f"mark_delay {chosen.mark_delay}, threshold {chosen.threshold:g}, "
        f"sync looked for {'after' if chosen.filtered else 'before'} the FIR",
        highlight=False,
    )


def _print_summary(console: Console, comparisons: Sequence[Comparison]) -> None:
    table = _table("link", "clock\nppm", "peer\ndB", "ours", "\ndB", "better\ndB")
    table.title = "Ec/N0 at 10 % PER, medians of the seeds, and how much better ours is"
    for each in comparisons:
        for detector, side in each.ours.items():
            shown = (shown_db(value) for value in (side.measured_db, each.better_db(detector)))
            table.add_row(each.link, f"±{each.clock_ppm:.0f}", shown_db(each.peer.measured_db), detector, *shown)
    console.print(table)


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _shown(point: Point) -> str:
    low, high = point.interval
    return f"{point.per:.3f} {low:.3f}…{high:.3f}"


if __name__ == "__main__":
    raise SystemExit(main())
