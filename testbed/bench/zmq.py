"""``make bench-zmq``: the lock-step exchange beside the bare ring, both measured in this run.

The ring does nothing but lock-step; the exchange also makes noise, detects, decodes, talks to two MACs and records. How
fast a ring turns depends on its lookahead, so the bar is the ring whose nodes can promise as much as a listening tag of
ours: the longest promise that its receiver gives in noise. Rings with less and with more are printed beside it. The
exchange's rate is air samples over wall time between its SEC-TRIGGERs, recording included.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ampradio.profile import load_profile
from flowgraphs.entities import receiver_for
from flowgraphs.lockstep import GUARD_NS, NS
from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.out import write_figures
from testbed.bench.ring import ring_rate_msps
from testbed.bench.unmeasured import Unmeasured, says_why
from testbed.experiment import Experiment, load_experiment
from testbed.runner.errors import RunError
from testbed.runner.stations import stations_of
from testbed.runner.zmq_run import ZmqRun

RINGS = ((200, 200_000), (12_000, 4_000_000))
PROMISED_SAMPLES = 2_000_000
BAR = 0.5


def promise_samples() -> int:
    """Return the longest lookahead, in samples, that a listening tag's receiver allows its node in noise."""
    profile = load_profile()
    rate_sps = profile.preamble.sample_rate_sps
    receiver = receiver_for("tag", profile, rate_sps)
    turnaround = (profile.timing.amp_sifs_ns - GUARD_NS) * rate_sps // NS
    noise = 0.1 * np.random.default_rng(1).standard_normal(800_000, dtype=np.float32).view(np.complex64)
    longest = 0
    for begin in range(0, noise.size, 200):
        receiver.feed(noise[begin : begin + 200])
        longest = max(longest, receiver.earliest_end() + turnaround - (begin + 200))
    return int(longest)


def repeated(experiment: Experiment, rounds: int) -> Experiment:
    """Return the experiment with its readings and commands said over and over for so many exchanges."""
    tag, ap = experiment.tags[0], experiment.ap
    return replace(
        experiment,
        tags=(replace(tag, readings=tuple(islice(cycle(tag.readings or (b"",)), rounds))),),
        ap=replace(ap, commands=tuple(islice(cycle(ap.commands or (b"",)), rounds))),
    )


def exchange_rate_msps(path: Path, rounds: int) -> float:
    """Return the rate of the secure exchanges of one run over ``zmq:`` in MS/s; raises Unmeasured where it fails."""
    experiment = repeated(load_experiment(path), rounds)
    stations = stations_of(experiment)
    triggers: list[tuple[int, float]] = []

    def tell(record: dict[str, Any]) -> None:
        if record["kind"] == "tx" and record["name"] == "SEC-TRIGGER":
            triggers.append((record["start_ns"], time.monotonic()))

    with (
        tempfile.TemporaryDirectory(prefix="amp-bench-") as folder,
        ZmqRun(experiment, {"ap": stations.ap, "tag": stations.tag}, Path(folder)) as run,
    ):
        try:
            run.run(tell)
        except RunError as error:
            raise Unmeasured(f"the secure exchange over zmq: {error}") from None
    if len(triggers) < 2:
        raise Unmeasured("the secure exchange over zmq: there was no second one to measure to")
    (first_ns, first_s), (last_ns, last_s) = triggers[0], triggers[-1]
    return (last_ns - first_ns) * 1e-9 * experiment.profile.preamble.sample_rate_sps / (last_s - first_s) / 1e6


@says_why
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write ``bench/out/zmq.json``; 1 when the exchange is below half of its ring."""
    parser = argparse.ArgumentParser(prog="bench-zmq", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="measurements of each (default 5)")
    demo = Path("examples/demo.toml")
    parser.add_argument("--experiment", type=Path, default=demo, metavar="FILE", help=f"what is run (default {demo})")
    parser.add_argument("--rounds", type=int, default=20, help="exchanges in a measured run, at least 2 (default 20)")
    arguments = parser.parse_args(argv)
    if arguments.repeat < 1 or arguments.rounds < 2:
        parser.error("repeat is at least 1 and rounds at least 2")
    promised = promise_samples()
    rings: dict[int, list[float]] = {lookahead: [] for lookahead in sorted([promised, *dict(RINGS)])}
    samples = {**dict(RINGS), promised: PROMISED_SAMPLES}
    exchanges: list[float] = []
    console = bench_console()
    with console.status("measuring") as status:
        for turn in range(arguments.repeat):
            status.update(f"measuring, {turn + 1} of {arguments.repeat}")
            for lookahead, rates in rings.items():
                rates.append(ring_rate_msps(lookahead, samples[lookahead]))
            exchanges.append(exchange_rate_msps(arguments.experiment, arguments.rounds))
    medians = {lookahead: statistics.median(rates) for lookahead, rates in rings.items()}
    exchange = statistics.median(exchanges)
    ratio = exchange / medians[promised]
    table = Table("what", "lookahead, samples", "MS/s (median)", "range", "exchange / ring", title="Lock-step over ZMQ")
    for lookahead, rates in rings.items():
        name = "bare ring, a tag's promise" if lookahead == promised else "bare ring"
        table.add_row(
            name, str(lookahead), f"{medians[lookahead]:.2f}", _range(rates), f"{exchange / medians[lookahead]:.2f}"
        )
    table.add_row("secure exchange", "as the MACs promise", f"{exchange:.2f}", _range(exchanges), "")
    console.print(table)
    bar = Bar("exchange / ring with a tag's promise", ratio, BAR)
    print_bars(console, "Bar", [bar])
    figures = {
        "exchange_msps": exchange,
        "reference_msps": medians[promised],
        "reference_lookahead_samples": promised,
        "ratio": ratio,
        "bars": [bar.figures()],
        "rings_msps": {str(lookahead): median for lookahead, median in medians.items()},
        "repeat": arguments.repeat,
    }
    console.print(f"written to {write_figures('zmq', figures)}")
    return 0 if bar.holds else 1


def _range(rates: list[float]) -> str:
    return f"{min(rates):.2f} … {max(rates):.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
