"""``make bench-false-alarms``: what the receivers take noise and Wi-Fi bursts for, beside what theory expects.

The tag's AMP-Sync search over noise at thresholds low enough to count alarms, beside the law they are to follow, which
then says how many there are at the threshold in use. Noise, and bursts, through the tag's receiver and through the
AP's in reply windows, as they are: syncs, frames, and how many of those a check sequence lets pass by chance. Then as
much noise through the AP's receiver alone, told no window and in windows end to end.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy import stats

from ampradio.phy.envelope_sync import BANK, NOISE_SIGMAS
from ampradio.profile import load_profile
from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.false_alarm_air import (
    AFTER_LEVEL_DB,
    EVERY_NS,
    PIECE,
    WINDOW_NS,
    Heard,
    decoded_after_bursts,
    through_both,
    wifi,
)
from testbed.bench.false_alarm_law import BANK_OF_CLOCKS, ONE_CLOCK, RECEIVER, Alarms, count_alarms, law_per_s, noise
from testbed.bench.false_alarm_soak import soak
from testbed.bench.out import write_figures

SEED = 20261120
SIGMAS = (4.0, 4.5, 5.0)
SAMPLES, LAW_SAMPLES, WIFI_SAMPLES, TRIALS = 1_000_000_000, 100_000_000, 40_000_000, 100
QUICK_SAMPLES, QUICK_LAW_SAMPLES, QUICK_WIFI_SAMPLES, QUICK_TRIALS = 20_000_000, 4_000_000, 2_000_000, 10
QUICK_SOAK_SAMPLES = 2_000_000
LEVELS_DB = (0.0, 10.0, 20.0, 30.0)
PER_MINUTE_BAR = 1.0
AFTER_BURST_BAR = 0.99
CHANCE = 1e-3  # that as many frames are accepted as the bar allows although only chance does it


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write ``bench/out/false_alarms.json``; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench-false-alarms", description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES, help=f"of noise, at 20 MS/s (default {SAMPLES})")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default one per core")
    parser.add_argument("--quick", action="store_true", help="a few seconds; too short for rare events")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    arguments = parser.parse_args(argv)
    if arguments.samples < 1 or arguments.processes < 1 or arguments.seed < 0:
        parser.error("samples and processes are at least 1, the seed is not negative")
    quick, seed = arguments.quick, arguments.seed
    samples = min(arguments.samples, QUICK_SAMPLES) if quick else arguments.samples
    trials = QUICK_TRIALS if quick else TRIALS
    console = bench_console()
    with console.status("counting alarms at low thresholds") as status:
        alarms = count_alarms(SIGMAS, QUICK_LAW_SAMPLES if quick else LAW_SAMPLES, seed)
        status.update("noise through both receivers")
        heard = through_both("noise", noise(samples, PIECE, np.random.Generator(np.random.SFC64(seed))))
        decoded = {}
        for level_db in LEVELS_DB:
            status.update(f"Wi-Fi bursts {level_db:g} dB over the noise")
            bursts = wifi(level_db, QUICK_WIFI_SAMPLES if quick else WIFI_SAMPLES, seed)
            heard += through_both(f"Wi-Fi at {level_db:g} dB", bursts)
            decoded[level_db] = decoded_after_bursts(level_db, trials, seed)
    with Progress(console=console, transient=True) as progress:
        alone = soak(min(samples, QUICK_SOAK_SAMPLES) if quick else samples, seed, arguments.processes, progress)
    expected_per_min = 60 * law_per_s(NOISE_SIGMAS) * len(BANK)
    _print_alarms(console, alarms)
    console.print(
        f"at the {NOISE_SIGMAS:g} σ in use, the law by {len(BANK)}, a bank's most, is {expected_per_min:.2g} a minute"
        " (extrapolated, not counted)"
    )
    _print_heard(console, heard, alone)
    shown = ", ".join(f"{level_db:g} dB {count} of {trials}" for level_db, count in decoded.items())
    console.print(f"PPDUs {AFTER_LEVEL_DB:g} dB over the noise, received 16 to 200 µs after a burst: {shown}")
    bars = _bars(expected_per_min, heard, alone, min(decoded.values()) / trials)
    print_bars(console, "Bars", bars)
    figures: dict[str, Any] = {
        "alarms": [_alarm_figures(each) for each in alarms],
        "by_the_law_per_min": expected_per_min,
        "heard": [each.figures() for each in (*heard, *alone)],
        "decoded_after_bursts": {f"{level_db:g}": count for level_db, count in decoded.items()},
        "bursts": trials,
        "bars": [bar.figures() for bar in bars],
        "seed": seed,
    }
    console.print(f"written to {write_figures('false_alarms', figures)}")
    return 0 if all(bar.holds for bar in bars) else 1


def _bars(expected_per_min: float, heard: Sequence[Heard], alone: Sequence[Heard], after_bursts: float) -> list[Bar]:
    at_tag = heard[0]
    bars = [
        Bar("tag: alarms a minute of noise, by the law", expected_per_min, PER_MINUTE_BAR, at_most=True),
        Bar("tag: alarms counted in that noise", at_tag.counters["syncs"], _allowed(at_tag), at_most=True),
    ]
    lots = [(f"noise, {each.receiver}", [each]) for each in alone]
    for what, lot in (("noise", heard[:2]), *lots, ("Wi-Fi bursts", heard[2:])):
        expected = sum(each.expected for each in lot)
        most = float(stats.poisson.isf(CHANCE, expected)) if expected else 0.0
        bars.append(Bar(f"frames accepted in {what}", sum(each.accepted for each in lot), most, at_most=True))
    bars.append(Bar("PPDUs received after a burst", after_bursts, AFTER_BURST_BAR))
    return bars


def _allowed(heard: Heard) -> float:
    """Return the most alarms that one a minute explains."""
    minutes = heard.listened / (load_profile().preamble.sample_rate_sps * 60)
    return float(stats.poisson.isf(CHANCE, PER_MINUTE_BAR * minutes))


def _alarm_figures(alarms: Alarms) -> dict[str, Any]:
    low, high = alarms.interval_per_s
    return {
        "what": alarms.what,
        "sigmas": alarms.sigmas,
        "count": alarms.count,
        "air_s": alarms.seconds,
        "per_s": alarms.per_s,
        "interval_per_s": [low, high],
        "law_per_s": alarms.law_per_s,
    }


def _print_alarms(console: Console, alarms: Sequence[Alarms]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    table.title = f"Syncs in {alarms[0].seconds:g} s of noise at low thresholds"
    for heading in ("threshold", "search", "count", "a second", "95 %", "law", "/ law"):
        table.add_column(heading, justify="left" if heading == "search" else "right", no_wrap=True)
    for each in alarms:
        low, high = each.interval_per_s
        rate = (f"{each.per_s:.3g}", f"{low:.3g}–{high:.3g}", f"{each.law_per_s:.3g}")
        row = (f"{each.sigmas:g} σ", each.what, str(each.count), *rate, f"{each.per_s / each.law_per_s:.2f}")
        table.add_row(*row, end_section=each.what == RECEIVER)
    console.print(table)
    console.print(
        f"{ONE_CLOCK}, {BANK_OF_CLOCKS}: floor known, any likeness to the word; {RECEIVER}: floor tracked, alike.\n"
        "law: 3.5·P_FA/Tchip for the word and for its complement, one clock"
    )


def _print_heard(console: Console, heard: Sequence[Heard], alone: Sequence[Heard]) -> None:
    table = Table(title="The receivers as they are, where there is nothing for them", box=box.SIMPLE_HEAD)
    for heading in ("air", "receiver", "listened to", "syncs", "frames", "accepted", "by chance"):
        table.add_column(heading, justify="left" if heading in ("air", "receiver") else "right", no_wrap=True)
    for each in (*heard, *alone):
        sizes = (f"{each.listened:.2g}", str(each.counters["syncs"]))
        table.add_row(each.air, each.receiver, *sizes, str(each.handed_up), str(each.accepted), f"{each.expected:.1g}")
    console.print(table)
    console.print(
        f"noise: {heard[0].samples} samples, none used twice; Wi-Fi: {heard[-1].samples} a level, half of it bursts.\n"
        "listened to: by a tag all, its gate deciding where it looks; by an AP its reply windows,"
        f" {WINDOW_NS / 1e6:g} ms in every {EVERY_NS / 1e6:g},\nboth rates in turn: a reply is due there, so"
        " weaker syncs are taken; or, in windows, they\nare end to end."
        " by chance: how many frames out of nothing pass their check"
    )


if __name__ == "__main__":
    raise SystemExit(main())
