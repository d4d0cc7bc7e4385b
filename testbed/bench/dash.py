"""``make bench-dash``: the same seeded run over zmq: with nobody looking on and with the live view open, in turn.

What is recorded has to be the same to the bit. The processor time of the exchanges (of all processes of the run, less
that of a run of one exchange, which is nearly all start) may not grow by more than the taps are allowed. Wall time is
shown beside it: the live view is one more program on the machine, and on a small one it takes turns that the run would
have had. What watches is a reader of the page's stream, in this process.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.client
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from rich.table import Table

from testbed.bench.bars import Bar, bench_console, print_bars
from testbed.bench.out import write_figures
from testbed.bench.unmeasured import Unmeasured, says_why
from testbed.live.address import VARIABLE

SEED = 20260914
CPU_BAR = 1.15
RECORDINGS = ("ap.sigmf-data", "tag.sigmf-data")
PATIENCE_S = 60


@dataclass(frozen=True)
class Figures:
    """One run: seconds of wall time from its first event to its last, processor seconds of all its processes."""

    wall_s: float
    cpu_s: float
    air_s: float
    hashes: tuple[str, ...]


@dataclass
class Reader:
    """Reads the page's stream as a browser does; counts octets and what was shown."""

    octets: int = 0
    rows: int = 0
    dropped: int = 0

    def read(self, host: str) -> None:
        """Read until the stream ends."""
        connection = http.client.HTTPConnection(host, timeout=PATIENCE_S)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/events")
            answer = connection.getresponse()
            while line := answer.readline():
                self.octets += len(line)
                if line.startswith(b"data: "):
                    news = json.loads(line[6:])
                    self.rows += sum(len(each["rows"]) for each in news.get("samples", []))
                    self.dropped = news.get("watching", {}).get("dropped", self.dropped)


@contextlib.contextmanager
def live_view(folder: Path) -> Iterator[tuple[str, Reader]]:
    """Yield the address that runs tell, and a reader of a live view that is open."""
    command = [sys.executable, "-m", "testbed.cli", "dash", "--port", "0", "--json", "--quiet"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, env=_environment(), **pipes)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise Unmeasured(f"the live view ended with {process.wait(PATIENCE_S)}")
        said = json.loads(line)
        reader = Reader()
        host = urlsplit(said["url"]).netloc
        thread = threading.Thread(target=reader.read, args=(host,), daemon=True)
        thread.start()
        yield said["live"], reader
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def one_run(experiment: Path, folder: Path, live: str | None) -> Figures:
    """Run the experiment once, watched at ``live`` or not."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = _environment() if live is None else {**_environment(), VARIABLE: live}
    command = [sys.executable, "-m", "testbed.cli", "run", str(experiment), "--quiet", "--out", str(folder)]
    done = subprocess.run(command, check=False, env=environment, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Unmeasured(f"a run of {experiment.name} ended with {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    hashes = tuple(hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in RECORDINGS)
    wall_s = events[-1]["wall_s"] - events[0]["wall_s"]
    return Figures(wall_s, cpu_s, events[-1]["t_ns"] * 1e-9, hashes)


@says_why
def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write ``bench/out/dash.json``; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="bench-dash", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each kind (default 5)")
    parser.add_argument("--rounds", type=int, default=120, help="exchanges in a run, at least 2 (default 120)")
    arguments = parser.parse_args(argv)
    if arguments.repeat < 1 or arguments.rounds < 2:
        parser.error("repeat is at least 1 and rounds at least 2")
    started: list[Figures] = []
    plain: list[Figures] = []
    watched: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="amp-bench-") as name:
        folder = Path(name)
        experiment, short = (_experiment(folder, rounds) for rounds in (arguments.rounds, 1))
        with live_view(folder) as (live, reader):
            for turn in range(arguments.repeat):
                started.append(one_run(short, folder / f"{turn}-short", None))
                for open_ in (False, True) if turn % 2 == 0 else (True, False):
                    out = folder / f"{turn}-{open_}"
                    (watched if open_ else plain).append(one_run(experiment, out, live if open_ else None))
    console = bench_console()
    start_s = statistics.median(each.cpu_s for each in started)
    plain, watched = ([replace(each, cpu_s=each.cpu_s - start_s) for each in runs] for runs in (plain, watched))
    if min(each.cpu_s for each in plain) <= 0:
        raise Unmeasured("the exchanges take no more than the start: give more --rounds")
    cpu, wall = (
        [getattr(seen, part) / getattr(alone, part) for seen, alone in zip(watched, plain, strict=True)]
        for part in ("cpu_s", "wall_s")
    )
    same = len({each.hashes for each in (*plain, *watched)}) == 1
    table = Table("", "alone", "watched", "ratio, median (range)", title="A run with the live view open")
    table.add_row("wall time of the exchanges, s", *_medians(plain, watched, "wall_s"), _range(wall))
    table.add_row("processor time of the exchanges, s", *_medians(plain, watched, "cpu_s"), _range(cpu))
    table.add_row("recordings", "", "", "the same to the bit" if same else "they differ")
    console.print(table)
    shown = reader.rows / max(sum(each.air_s for each in watched), 1e-9)
    console.print(f"shown: {shown:.0f} spectra a second of air, {reader.octets / 1e6:.2f} MB, {reader.dropped} dropped")
    bars = [
        Bar("recordings that are the same", float(same), 1.0),
        Bar("processor time, watched / alone", statistics.median(cpu), CPU_BAR, at_most=True),
    ]
    print_bars(console, "Bars", bars)
    figures = {
        "same": same,
        "cpu_ratio": statistics.median(cpu),
        "wall_ratio": statistics.median(wall),
        "spectra_per_air_s": shown,
        "octets": reader.octets,
        "bars": [bar.figures() for bar in bars],
        "repeat": arguments.repeat,
        "rounds": arguments.rounds,
    }
    console.print(f"figures: {write_figures('dash', figures)}")
    return 0 if all(bar.holds for bar in bars) else 1


def _experiment(folder: Path, rounds: int) -> Path:
    path = folder / f"rounds-{rounds}.toml"
    readings = json.dumps([f"reading {number}" for number in range(rounds)])
    path.write_text(f"seed = {SEED}\nmax_air_time_s = 60.0\n[[tags]]\nreadings = {readings}\n")
    return path


def _environment() -> dict[str, str]:
    return {**{key: value for key, value in os.environ.items() if key != VARIABLE}, "OMP_NUM_THREADS": "1"}


def _medians(plain: list[Figures], watched: list[Figures], part: str) -> tuple[str, str]:
    alone, seen = (statistics.median(getattr(each, part) for each in runs) for runs in (plain, watched))
    return f"{alone:.2f}", f"{seen:.2f}"


def _range(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


if __name__ == "__main__":
    sys.exit(main())
