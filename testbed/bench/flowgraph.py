"""``make bench-flowgraph``: the tag's receive chain in GNU Radio beside bare flowgraphs, on one core, and its latency.

The chain is fed PPDUs in noise from memory, as fast as it takes them; a bare |x|² flowgraph and a stock |x|² +
fft_filter flowgraph get the same samples from the same source in the same run. Rates are per second of the core's time.
All PPDUs have to come out and every sample has to arrive. For the latency the same chain is fed at 20 MS/s by the
clock, in blocks as a radio hands them over.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ampradio.profile import load_profile
from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.flowgraph_content import STEP_SAMPLES, content, stream_latencies
from testbed.bench.flowgraph_run import BUFFER_ITEMS, RADIO_BLOCK, measured
from testbed.bench.out import write_figures
from testbed.bench.stopwatch import warning
from testbed.bench.unmeasured import says_why

SEED = 20260911
REPEAT = 5
PPDUS_PER_S = 10  # one in a beacon interval, about
LOADS = (0, PPDUS_PER_S, 100)
LATENCY_PPDUS_PER_S = 50
STRETCHES = {"receive": 30, "bare": 40, "stock": 20, "latency": 10}
QUICK_STRETCHES = {"receive": 2, "bare": 4, "stock": 2, "latency": 2}
REALTIME_BAR, STOCK_BAR = 8.0, 1.5
REFERENCES = (
    ("bare |x|² into a null sink, default buffers", "255 MS/s"),
    ("|x|² + fft_filter of 256 or 1280 taps, default buffers", "116 to 118 MS/s"),
    ("Python detector, 64 k buffers", "199 MS/s, 10 × real time, 1.7 × the stock flowgraph"),
)
REFERENCE_MACHINE = "2 vCPU AMD EPYC (Zen 4), GNU Radio 3.10.5.1, one core; a detector of one clock, no decoding"


@says_why
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write ``bench/out/flowgraph.json``; 1 when something is lost or below its bar."""
    parser = argparse.ArgumentParser(prog="bench-flowgraph", description=__doc__)
    parser.add_argument("--repeat", type=int, default=REPEAT, help=f"turns to take medians of (default {REPEAT})")
    parser.add_argument("--quick", action="store_true", help="one turn over short streams")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    arguments = parser.parse_args(argv)
    if arguments.repeat < 1 or arguments.seed < 0:
        parser.error("repeat is at least 1, the seed is not negative")
    repeat, stretches = (1, QUICK_STRETCHES) if arguments.quick else (arguments.repeat, STRETCHES)
    console = bench_console()
    with console.status("measuring") as status:
        loads, references, lost, share = _rates(repeat, stretches, arguments.seed, status.update)
        status.update("measuring latency")
        paced = measured("latency", LATENCY_PPDUS_PER_S, stretches["latency"], arguments.seed)
        stream = stream_latencies(content(LATENCY_PPDUS_PER_S, arguments.seed))
    for key in lost:
        lost[key] += paced[key]
    figures = _figures(loads, references, lost) | _latency_figures(paced, stream)
    bars = _bars(figures)
    _print_rates(console, loads, references)
    _print_latency(console, figures)
    _print_references(console)
    print_bars(console, f"Bars, at {PPDUS_PER_S} PPDUs a second", bars)
    console.print(f"share of the core that these runs were given: {share:.0%}")
    if warning([share]):
        console.print(warning([share]))
    figures |= {"bars": [bar.figures() for bar in bars], "core_share": share, "repeat": repeat, "seed": arguments.seed}
    written = write_figures("flowgraph", figures)
    console.print(f"written to {written}")
    return 0 if all(bar.holds for bar in bars) else 1


def _rates(
    repeat: int, stretches: dict[str, int], seed: int, tell: Any
) -> tuple[dict[int, float], dict[str, float], dict[str, int], float]:
    """Return the chain's MS/s by load, the references', what was lost in all runs, and the share of the core."""
    loads: dict[int, list[float]] = {load: [] for load in LOADS}
    references: dict[str, list[float]] = {"bare": [], "stock": []}
    shares: list[float] = []
    lost = {"lost_samples": 0, "lost_ppdus": 0, "wrong_ppdus": 0}
    for turn in range(repeat):
        tell(f"measuring, {turn + 1} of {repeat}")
        for load, rates in loads.items():
            result = measured("receive", load, stretches["receive"], seed)
            rates.append(result["msps"])
            shares.append(result["core_share"])
            for key in lost:
                lost[key] += result[key]
        for name, rates in references.items():
            result = measured(name, PPDUS_PER_S, stretches[name], seed)
            rates.append(result["msps"])
            shares.append(result["core_share"])
    by_load = {load: statistics.median(rates) for load, rates in loads.items()}
    by_name = {name: statistics.median(rates) for name, rates in references.items()}
    return by_load, by_name, lost, statistics.median(shares)


def _figures(loads: dict[int, float], references: dict[str, float], lost: dict[str, int]) -> dict[str, Any]:
    realtime_msps = load_profile().preamble.sample_rate_sps / 1e6
    rate = loads[PPDUS_PER_S]
    return {
        "rate_msps": rate,
        "reference_msps": references["bare"],
        "ratio": rate / references["bare"],
        "stock_msps": references["stock"],
        "ratio_to_stock": rate / references["stock"],
        "realtime_at_20msps": rate / realtime_msps,
        **lost,
        "ppdus_per_s": PPDUS_PER_S,
        "rate_msps_by_ppdus_per_s": {str(load): msps for load, msps in loads.items()},
        "buffer_items": BUFFER_ITEMS,
    }


def _latency_figures(paced: dict[str, Any], stream: tuple[list[int], list[int]]) -> dict[str, Any]:
    after_ms = paced["latencies_ms"] or [float("nan")]
    return {
        "latency_ms": {
            "median": statistics.median(after_ms),
            "p95": float(np.percentile(after_ms, 95)),
            "max": max(after_ms),
        },
        "latency_ppdus": len(paced["latencies_ms"]),
        "latency_block_samples": RADIO_BLOCK,
        "latest_block_ms": paced["latest_block_ms"],
        "latency_samples": _of_stream(stream[0]),
        "latency_samples_after_data": _of_stream(stream[1]),
        "latency_step_samples": STEP_SAMPLES,
    }


def _of_stream(samples: Sequence[int]) -> dict[str, float]:
    return {"median": statistics.median(samples), "p95": float(np.percentile(samples, 95)), "max": max(samples)}


def _bars(figures: dict[str, Any]) -> list[Bar]:
    missing = sum(figures[key] for key in ("lost_samples", "lost_ppdus", "wrong_ppdus"))
    return [
        Bar("rate / real time at 20 MS/s", figures["realtime_at_20msps"], REALTIME_BAR),
        Bar("rate / stock |x|² + fft_filter", figures["ratio_to_stock"], STOCK_BAR),
        Bar("samples and PPDUs lost, PPDUs wrong", missing, 0, at_most=True),
    ]


def _print_rates(console: Console, loads: dict[int, float], references: dict[str, float]) -> None:
    realtime_msps = load_profile().preamble.sample_rate_sps / 1e6
    table = Table("flowgraph", "MS/s", "/ bare", "/ stock", "× real time", title="GNU Radio, per second of one core")
    rows = {f"receive chain, {load} PPDUs a second": msps for load, msps in loads.items()}
    rows |= {"bare: |x|²": references["bare"], "stock: |x|² + fft_filter": references["stock"]}
    for name, msps in rows.items():
        shares = (f"{msps / references[other]:.3f}" for other in ("bare", "stock"))
        table.add_row(name, f"{msps:.1f}", *shares, f"{msps / realtime_msps:.1f}")
    console.print(table)


def _print_latency(console: Console, figures: dict[str, Any]) -> None:
    rows = {
        "PPDU to PSDU, wall time at 20 MS/s, ms": ("latency_ms", ".2f"),
        "PPDU to PSDU, samples of the stream": ("latency_samples", ".0f"),
        "data to PSDU, samples of the stream": ("latency_samples_after_data", ".0f"),
    }
    table = Table("from the last sample of", "median", "95 %", "max", title="Latency")
    for name, (key, shown) in rows.items():
        table.add_row(name, *(format(figures[key][each], shown) for each in ("median", "p95", "max")))
    console.print(table)
    console.print(
        f"wall: {figures['latency_ppdus']} PPDUs; blocks of {RADIO_BLOCK} samples are handed over when their last"
        f" is due (at worst {figures['latest_block_ms']:.1f} ms late); until the collector in the PHY's place has it\n"
        f"stream: the receiver alone, fed {STEP_SAMPLES} samples at a time; a PPDU ends with its signal extension,"
        " so negative is before that"
    )


def _print_references(console: Console) -> None:
    table = Table("reference", "reached", title="A prototype's figures")
    for what, reached in REFERENCES:
        table.add_row(what, reached)
    console.print(table)
    console.print(f"there: {REFERENCE_MACHINE}")


if __name__ == "__main__":
    raise SystemExit(main())
