"""``make bench-pluto``: how many samples go through libiio into and out of emulated PlutoSDRs, the air in between.

In elastic time a client reads as fast as it can; each figure stands beside the same client and server in digital
loopback, which has no air, measured in the same turn. Everything received is compared with what was sent: to the bit
in loopback, chunk by chunk over the air. Time is CPU time of client and server while the client waits for libiio: on an
idle machine that of the wall, which stands beside it, on a busy one without the waiting. In real time radios repeat
sequences and hear themselves and each other; the server has one core.

The air has to leave half of the bare server's rate, libiio's own buffers included, which are bare copies. The two are
measured in turn, many times and shortly, so that what else a machine does meets both.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.out import write_figures
from testbed.bench.pluto_measure import FOUR_SPS, RATE_SPS, RealTime, elastic_rates, real_time
from testbed.bench.pluto_server import BenchServer
from testbed.bench.unmeasured import says_why

LEAST_MSPS = 20.0
LEAST_SHARE = 0.5
FILTERED_HZ = 18_000_000
_REAL_TIME = 5  # runs, of some seconds each
BLOCK, FOUR_BLOCK, ONE_BLOCK = 65_536, 32_768, 131_072


@says_why
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the tables, write ``bench/out/pluto.json``; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench-pluto", description=__doc__)
    parser.add_argument("--repeat", type=int, default=11, help="measurements of each (default 11; real time: 5)")
    parser.add_argument("--samples", type=float, default=4e6, help="of each measurement (default 4e6)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement in real time (default 4)")
    parser.add_argument("--quick", action="store_true", help="once, short: whether it runs; no bar is held")
    arguments = parser.parse_args(argv)
    repeat, samples, seconds = arguments.repeat, round(arguments.samples), arguments.seconds
    if arguments.quick:
        repeat, samples, seconds = 1, 1_000_000, 0.3
    if repeat < 1 or samples < 1 or not 0 < seconds <= 3600:
        parser.error("repeat and samples are at least 1, seconds above 0")
    console = bench_console()
    with console.status("measuring"):
        with BenchServer(2, elastic=True) as server:
            rates = _elastic(server, repeat, samples)
        four = [real_time(4, FOUR_SPS, FOUR_BLOCK, seconds) for _ in range(min(repeat, _REAL_TIME))]
        one = [real_time(1, RATE_SPS, ONE_BLOCK, seconds) for _ in range(min(repeat, _REAL_TIME))]
    _print(console, rates, four, one)
    bars = _bars(rates, four)
    print_bars(console, "Emulated PlutoSDRs", bars)
    figures = {
        "elastic_msps": rates,
        "four_at_4_msps": _figures(four),
        "one_at_20_msps": _figures(one),
        "bars": [bar.figures() for bar in bars],
        "repeat": repeat,
        "samples": samples,
    }
    console.print(f"written to {write_figures('pluto', figures)}")
    return 0 if arguments.quick or all(bar.holds for bar in bars) else 1


def _elastic(server: BenchServer, repeat: int, samples: int) -> dict[str, dict[str, float]]:
    """Return median MS/s by what was measured, and the share of the bare server's (the median of the turns')."""
    arms = {
        "adi.Pluto": ("adi.Pluto", 0),
        "adi.Pluto, filters at 18 MHz": ("adi.Pluto", FILTERED_HZ),
        "libiio": ("libiio", 0),
    }
    out: dict[str, dict[str, float]] = {}
    for name, (client, bandwidth_hz) in arms.items():
        turns = []
        for turn in range(repeat):
            rates = {
                air: elastic_rates(server, client, BLOCK, samples, air=air, bandwidth_hz=bandwidth_hz)
                for air in (turn % 2 == 0, turn % 2 == 1)
            }
            turns.append((rates[True], rates[False]))
        out[name] = {}
        for index, way in enumerate(("receive", "both")):
            pairs = [(with_air[index], bare[index]) for with_air, bare in turns]
            out[name] |= {
                f"{way}_msps": statistics.median(rate.sps for rate, _ in pairs) / 1e6,
                f"{way}_bare_msps": statistics.median(bare.sps for _, bare in pairs) / 1e6,
                f"{way}_share": statistics.median(rate.sps / bare.sps for rate, bare in pairs),
                f"{way}_wall_msps": statistics.median(rate.wall_sps for rate, _ in pairs) / 1e6,
            }
    return out


def _bars(rates: dict[str, dict[str, float]], four: list[RealTime]) -> list[Bar]:
    through, bare = rates["adi.Pluto"], rates["libiio"]
    return [
        Bar("received through adi.Pluto, MS/s", through["receive_msps"], LEAST_MSPS),
        Bar("received through libiio, MS/s", bare["receive_msps"], LEAST_MSPS),
        Bar("sent and received at once through libiio, each way, MS/s", bare["both_msps"], LEAST_MSPS),
        Bar("adi.Pluto receives, of the bare server's", through["receive_share"], LEAST_SHARE),
        Bar("adi.Pluto sends and receives, of the bare server's", through["both_share"], LEAST_SHARE),
        Bar("libiio receives, of the bare server's", bare["receive_share"], LEAST_SHARE),
        Bar("libiio sends and receives, of the bare server's", bare["both_share"], LEAST_SHARE),
        Bar("four at 4 MS/s: radios with losses", statistics.median(each.lossy for each in four), 0, at_most=True),
        Bar("four at 4 MS/s: cores taken", statistics.median(each.server_core for each in four), 1, at_most=True),
    ]


def _print(console: Console, rates: dict[str, dict[str, float]], four: list[RealTime], one: list[RealTime]) -> None:
    columns = ("MS/s", "bare", "share", "by the wall")
    for way, title in (("receive", "Receiving, elastic time"), ("both", "Sending and receiving at once, each way")):
        table = Table("client", *columns, title=title)
        for name, each in rates.items():
            msps, bare, share, wall = (each[f"{way}_{key}"] for key in ("msps", "bare_msps", "share", "wall_msps"))
            table.add_row(name, f"{msps:.1f}", f"{bare:.1f}", f"{share:.2f}", f"{wall:.1f}")
        console.print(table)
    for name, runs in (("four radios at 4 MS/s", four), ("one radio at 20 MS/s", one)):
        share = statistics.median(each.server_core for each in runs)
        lossless = sum(not each.lossy for each in runs)
        console.print(f"real time, {name}: {share:.2f} of a core, {lossless} of {len(runs)} runs without a loss")


def _figures(runs: list[RealTime]) -> dict[str, float]:
    return {
        "server_core": statistics.median(each.server_core for each in runs),
        "radios_with_losses": statistics.median(each.lossy for each in runs),
        "seconds": statistics.median(each.seconds for each in runs),
        "runs": len(runs),
    }


if __name__ == "__main__":
    raise SystemExit(main())
