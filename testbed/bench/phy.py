"""``make bench-phy``: packets and samples per second on one core, mode by mode, beside their references.

The link simulation (modulate, channel, receive) by batch, beside noise alone and beside a GNU Radio flowgraph per
packet; one frame through the streaming receiver beside its time on the air; the AMP-Sync search beside a copy of the
same samples and beside the obvious detector. What is compared is measured in turns in this run.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Sequence
from functools import partial
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ampradio.profile import load_profile
from testbed.bench import detectors
from testbed.bench.bars import Bar, print_bars
from testbed.bench.out import machine, write_figures
from testbed.bench.packet_flowgraph import packets_per_s
from testbed.bench.packets import ECN0_DB, Rates, measure
from testbed.bench.per_modes import MODES, OCTETS, Mode
from testbed.bench.stopwatch import warning, with_core_share

SEED = 20260911
REPEAT = 7
BATCHES = (1, 8, 16, 32, 64)
NOISE_SAMPLES = 1 << 20
FLOWGRAPHS = 40
QUICK_BATCHES = (1, 16)
QUICK_FLOWGRAPHS = 10
QUICK_NOISE_SAMPLES = 1 << 18
COPY_BAR, NAIVE_BAR, FRAME_BAR, FLOWGRAPH_BAR = 0.12, 8.0, 1.0, 8.0
NOISE_ONLY_BAR, SINGLE_BAR = 0.1, 5.0
PARTS = ("modulate", "receive", "full chain", "noise only")
REFERENCES = (
    ("full chain, 250 kb/s, batch 64", "1100 packet/s at 20 MS/s; 2707 at 4 MS/s, batch 256"),
    ("full chain over its batch 1; over noise alone", "6.6; 0.13 (4 MS/s)"),
    ("flowgraph per packet", "247 to 281 packet/s (4 MS/s)"),
    ("one frame, numpy, batch 1", "2.2 ms, 4 to 11 air times"),
    ("detector, numpy, one clock; five clocks", "792 to 1066; 302 to 391 MS/s at 20 MS/s"),
    ("naive detector; numpy copy", "59 to 88 MS/s; 5300 MS/s in 65 k blocks"),
)
REFERENCE_MACHINE = "2 vCPU AMD EPYC (Zen 4), numpy 1.24.2, one core; a numpy prototype, uncoded in every mode"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write ``bench/out/phy.json``; 1 when something is below its bar."""
    parser = argparse.ArgumentParser(prog="bench-phy", description=__doc__)
    parser.add_argument("--repeat", type=int, default=REPEAT, help=f"turns to take medians of (default {REPEAT})")
    parser.add_argument("--quick", action="store_true", help="one turn, two batches, a short buffer")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    arguments = parser.parse_args(argv)
    if arguments.repeat < 1 or arguments.seed < 0:
        parser.error("repeat is at least 1, the seed is not negative")
    quick = arguments.quick
    repeat = 1 if quick else arguments.repeat
    console = Console()
    rates: list[Rates] = []
    graphs: dict[Mode, float] = {}
    shares: dict[str, float] = {}
    with console.status("measuring") as status:
        for mode in MODES:
            status.update(f"measuring {mode.name}")
            batches = QUICK_BATCHES if quick else BATCHES
            each, shares[mode.name] = with_core_share(partial(measure, mode, batches, repeat, arguments.seed))
            rates.append(each)
            graphs[mode] = packets_per_s(rates[-1].samples, QUICK_FLOWGRAPHS if quick else FLOWGRAPHS, repeat)
        status.update("measuring detectors")
        samples = QUICK_NOISE_SAMPLES if quick else NOISE_SAMPLES
        found, shares["detectors"] = with_core_share(partial(detectors.measure, samples, repeat, arguments.seed))
    _print_rates(console, rates, graphs)
    _print_frames(console, rates)
    _print_detectors(console, found)
    _print_references(console)
    bars, ours = _bars(rates, graphs, found), _prototype_bars(rates)
    print_bars(console, "Bars of the exit code", bars)
    print_bars(console, "Bars of the prototype's page, not of the exit code", ours)
    sionna = importlib.util.find_spec("sionna") is not None
    given = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    console.print(f"share of a core that this run was given: {given}")
    if warning(shares.values()):
        console.print(warning(shares.values()))
    console.print(f"Sionna is {'installed' if sionna else 'not installed'}; this bench does not measure it")
    figures = {
        "modes": [_mode_figures(each, graphs[each.mode]) for each in rates],
        "detectors_msps": found,
        "bars": [bar.figures() for bar in [*bars, *ours]],
        "sample_rate_sps": load_profile().preamble.sample_rate_sps,
        "core_share": shares,
        "repeat": repeat,
        "seed": arguments.seed,
        "references": {"machine": REFERENCE_MACHINE, **dict(REFERENCES)},
    }
    console.print(f"written to {write_figures('phy', figures)}")
    return 0 if all(bar.holds for bar in bars) else 1


def _bars(rates: Sequence[Rates], graphs: dict[Mode, float], found: dict[str, float]) -> list[Bar]:
    bars = [
        Bar("detector / numpy copy", found["search"] / found["copy"], COPY_BAR),
        Bar("detector / naive detector", found["search"] / found["naive"], NAIVE_BAR),
    ]
    for each in rates:
        bars.append(Bar(f"{each.mode.name}: one frame, air times", each.frame_s / each.air_s, FRAME_BAR, at_most=True))
    for each in rates:
        what = f"{each.mode.name}: chain / flowgraph per packet"
        bars.append(Bar(what, each.best("full chain") / graphs[each.mode], FLOWGRAPH_BAR))
    return bars


def _prototype_bars(rates: Sequence[Rates]) -> list[Bar]:
    bars = []
    for each in rates:
        ratio = each.best("full chain") / each.best("noise only")
        bars.append(Bar(f"{each.mode.name}: full chain / noise only", ratio, NOISE_ONLY_BAR))
        bars.append(Bar(f"{each.mode.name}: full chain / its batch 1", each.over_single("full chain"), SINGLE_BAR))
    return bars


def _print_rates(console: Console, rates: Sequence[Rates], graphs: dict[Mode, float]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    table.title = f"Packets per second on one core, {OCTETS} octets, Ec/N0 {ECN0_DB:g} dB"
    for heading in ("mode", "part", "best", "at batch", "batch 1", "MS/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in rates:
        for part in PARTS:
            best = each.best(part)
            msps = f"{best * each.samples / 1e6:.1f}"
            row = (f"{best:.0f}", str(each.best_batch(part)), f"{each.per_s[part][1]:.0f}", msps)
            table.add_row(each.mode.name, part, *row)
        graph = graphs[each.mode]
        msps = f"{graph * each.samples / 1e6:.1f}"
        table.add_row(each.mode.name, "flowgraph per packet", "", "", f"{graph:.0f}", msps, end_section=True)
    console.print(table)
    decoded = ", ".join(f"{each.mode.name} {each.decoded:.1%} of {each.samples} samples each" for each in rates)
    console.print(f"decoded: {decoded}")


def _print_frames(console: Console, rates: Sequence[Rates]) -> None:
    table = Table("mode", "decode, ms", "on the air, ms", "ratio", title="One frame through the streaming receiver")
    for each in rates:
        ratio = each.frame_s / each.air_s
        table.add_row(each.mode.name, f"{each.frame_s * 1e3:.2f}", f"{each.air_s * 1e3:.3f}", f"{ratio:.1f}")
    console.print(table)


def _print_detectors(console: Console, found: dict[str, float]) -> None:
    table = Table("noise through", "MS/s", "/ copy", "/ naive", title="AMP-Sync search over noise at 20 MS/s")
    for name, msps in found.items():
        table.add_row(name, f"{msps:.0f}", f"{msps / found['copy']:.3f}", f"{msps / found['naive']:.2f}")
    console.print(table)


def _print_references(console: Console) -> None:
    table = Table("reference", "reached", title="A prototype's figures")
    for what, reached in REFERENCES:
        table.add_row(what, reached)
    console.print(table)
    console.print(f"there: {REFERENCE_MACHINE}")
    here = machine()
    console.print(f"here: {here['cpu']}, {here['cores']} cores, Python {here['python']}")


def _mode_figures(rates: Rates, flowgraph_per_s: float) -> dict[str, Any]:
    per_s = {part: {str(batch): rate for batch, rate in some.items()} for part, some in rates.per_s.items()}
    return {
        "mode": rates.mode.name,
        "rate_kbps": rates.mode.rate_bps // 1000,
        "octets": OCTETS,
        "samples_per_packet": rates.samples,
        "packets_per_s": per_s,
        "best_packets_per_s": {part: rates.best(part) for part in PARTS},
        "best_msps": {part: rates.best(part) * rates.samples / 1e6 for part in PARTS},
        "full_chain_over_noise_only": rates.best("full chain") / rates.best("noise only"),
        "full_chain_over_batch_1": rates.over_single("full chain"),
        "flowgraph_per_packet_per_s": flowgraph_per_s,
        "full_chain_over_flowgraph": rates.best("full chain") / flowgraph_per_s,
        "frame_ms": rates.frame_s * 1e3,
        "air_ms": rates.air_s * 1e3,
        "decoded": rates.decoded,
    }


if __name__ == "__main__":
    raise SystemExit(main())
