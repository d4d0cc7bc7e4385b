"""``make bench-zmq``: the lock-step exchange beside the bare ring, both measured in this run.

The ring does nothing but lock-step; the exchange also makes noise, detects, decodes, talks to two MACs and records. The
rate of an exchange is air samples over wall time, from the first grant to the stop.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from testbed.bench.out import write_figures
from testbed.bench.ring import ring_rate_msps
from testbed.experiment import load_experiment
from testbed.runner.stations import stations_of
from testbed.runner.zmq_run import ZmqRun

RINGS = ((200, 200_000), (2_000, 2_000_000), (12_000, 4_000_000))
BAR = 0.5


def exchange_rate_msps(path: Path, readings: int) -> float:
    """Return the rate of one secure exchange over ``zmq:`` in MS/s, recording included."""
    texts = '["' + '","'.join(f"r{number}" for number in range(readings)) + '"]'
    experiment = load_experiment(path, overrides=[f"tags[0].readings={texts}"])
    stations = stations_of(experiment)
    with (
        tempfile.TemporaryDirectory(prefix="amp-bench-") as folder,
        ZmqRun(experiment, {"ap": stations.ap, "tag": stations.tag}, Path(folder)) as run,
    ):
        finished = run.run(lambda record: None)
    samples = finished.stop_ns * 1e-9 * experiment.profile.preamble.sample_rate_sps
    return samples / finished.wall_s / 1e6


def main(argv: list[str] | None = None) -> int:
    """Measure, print the table, write ``bench/out/zmq.json``; 1 when the exchange is below half of the ring."""
    parser = argparse.ArgumentParser(prog="bench-zmq", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="measurements of each (default 5)")
    parser.add_argument("--experiment", type=Path, default=Path("examples/minimal.toml"))
    parser.add_argument("--readings", type=int, default=20, help="exchanges in the measured run (default 20)")
    arguments = parser.parse_args(argv)
    rings: dict[int, list[float]] = {lookahead: [] for lookahead, _ in RINGS}
    exchanges: list[float] = []
    console = Console()
    with console.status("measuring") as status:
        for turn in range(arguments.repeat):
            status.update(f"measuring, {turn + 1} of {arguments.repeat}")
            for lookahead, samples in RINGS:
                rings[lookahead].append(ring_rate_msps(lookahead, samples))
            exchanges.append(exchange_rate_msps(arguments.experiment, arguments.readings))
    exchange = statistics.median(exchanges)
    reference = statistics.median(rings[RINGS[-1][0]])
    table = Table("what", "lookahead, samples", "MS/s (median)", "range", title="Lock-step over ZMQ")
    for lookahead, rates in rings.items():
        table.add_row("bare ring", str(lookahead), f"{statistics.median(rates):.2f}", _range(rates))
    table.add_row("secure exchange", "as the MACs promise", f"{exchange:.2f}", _range(exchanges))
    console.print(table)
    ratio = exchange / reference
    console.print(f"exchange / fastest ring = {ratio:.2f} (bar {BAR})")
    figures = {
        "exchange_msps": exchange,
        "reference_msps": reference,
        "ratio": ratio,
        "bar": BAR,
        "rings_msps": {str(lookahead): statistics.median(rates) for lookahead, rates in rings.items()},
        "repeat": arguments.repeat,
    }
    console.print(f"written to {write_figures('zmq', figures)}")
    return 0 if ratio >= BAR else 1


def _range(rates: list[float]) -> str:
    return f"{min(rates):.2f} … {max(rates):.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
