"""`amp sweep`: the same table however many work at it and however often it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from distributed import Client

from testbed.cli import main
from testbed.results.parquet import RESULTS
from testbed.sweep.manifest import read_sweep
from tests.conftest import ROOT

MINIMAL = str(ROOT / "examples" / "minimal.toml")
# by theory the uplink of the one fails nearly always, of the other nearly never
POINTS = ("sweep", MINIMAL, "--over", "channel.uplink_snr_db=-16,0", "--set", "ap.retries=0", "-q")
LONG = (*POINTS, "--runs", "40")


def begun(out: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start the long sweep as a person would, and return it when some of its runs are done."""
    command = [sys.executable, "-m", "testbed.cli", *LONG, "--out", str(out), *options]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.PIPE)
    journal = out / "journal.jsonl"
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= 3):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    return process


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """Lend a scheduler with ``workers`` single processes: yield its address."""
    file = folder / "scheduler.json"

    def begun_program(program: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *options, "--no-dashboard"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        stack.enter_context(process)
        stack.callback(process.kill)
        return process

    with ExitStack() as stack:
        local = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        scheduler = begun_program("scheduler", *local)
        while not file.exists():
            assert scheduler.poll() is None
            time.sleep(0.05)
        address: str = json.loads(file.read_text())["address"]
        for _ in range(workers):
            begun_program("worker", address, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=120)
        yield address


def wait_until_gone(group: int) -> None:
    """Wait until no process of the group is left; the test's own timeout is the limit."""
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def rows(folder: Path) -> list[tuple[int, int]]:
    points = read_sweep(folder)["points"]
    assert isinstance(points, list)
    return [(point["errors"], point["trials"]) for point in points]


def test_the_number_of_workers_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: `points`, each with `errors`, `trials`, `low`, `high`; the point that fails stops early."""
    printed = []
    for workers in ("1", "2"):
        limits = ("--runs", "5", "--errors", "2", "--workers", workers, "--out", str(tmp_path / workers), "--json")
        assert main([*POINTS, *limits]) == 0
        printed.append(json.loads(capsys.readouterr().out))
    assert printed[0]["points"] == printed[1]["points"]
    drowned, heard = printed[0]["points"]
    assert (drowned["errors"], drowned["trials"]) == (2, 2) and (heard["errors"], heard["trials"]) == (0, 5)
    assert 0 < drowned["low"] < drowned["high"] <= 1 and heard["values"] == {"channel.uplink_snr_db": 0}
    for name in ("points.csv", RESULTS):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_a_cluster_over_tcp_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two dask workers, each a process that knows nothing but the scheduler's address."""
    limits = ("--runs", "4", "--errors", "2")
    assert main([*POINTS, *limits, "--workers", "1", "--out", str(tmp_path / "here")]) == 0
    with cluster(tmp_path, workers=2) as address:
        assert main([*POINTS, *limits, "--cluster", address, "--out", str(tmp_path / "there")]) == 0
    for name in ("points.csv", RESULTS):
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


def test_a_cluster_that_does_not_answer_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor one of an address that is none."""
    monkeypatch.setattr("testbed.cluster.PATIENCE_S", 1)
    for number, address in enumerate(("tcp://127.0.0.1:1", "nonsense://x")):
        assert main([*POINTS, "--cluster", address, "--out", str(tmp_path / str(number))]) == 3
        assert "no dask scheduler answers" in capsys.readouterr().err


def test_killed_and_continued_it_ends_with_the_same_table(tmp_path: Path) -> None:
    """kill -9 in the middle, a line torn as by a crash; nothing is run twice, nobody left behind."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert main([*LONG, "--workers", "1", "--out", str(whole)]) == 0
    process = begun(broken, "--workers", "2")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until_gone(process.pid)
    assert read_sweep(broken)["state"] == "running"
    journal = broken / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])
    known = journal.read_bytes().count(b"\n")
    assert 0 < known < 80
    assert main([*LONG, "--workers", "1", "--out", str(broken)]) == 0
    for name in ("points.csv", RESULTS):
        assert (whole / name).read_bytes() == (broken / name).read_bytes()
    runs = [(each["point"], each["run"]) for each in map(json.loads, journal.read_text().splitlines())]
    assert len(runs) == len(set(runs)) == 80


def test_ctrl_c_leaves_a_readable_folder(tmp_path: Path) -> None:
    """130, at once, with the table so far and the way to go on."""
    process = begun(tmp_path / "out", "--workers", "2")
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"--out {tmp_path / 'out'}".encode() in said and b"Traceback" not in said
    assert read_sweep(tmp_path / "out")["state"] == "interrupted"
    assert 0 <= sum(trials for _, trials in rows(tmp_path / "out")) < 80
    assert (tmp_path / "out" / "points.csv").exists() and (tmp_path / "out" / RESULTS).exists()


def test_a_folder_takes_more_runs_of_its_sweep_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("--workers", "1", "--out", str(tmp_path / "out"))
    assert main([*POINTS, "--runs", "1", *out]) == 0
    assert main([*POINTS, "--runs", "2", *out]) == 0
    assert rows(tmp_path / "out") == [(2, 2), (0, 2)]
    for other in (("--seed", "5"), ("--set", "channel.downlink_snr_db=3"), ("--over", "ap.uplink_rate_kbps=250,1000")):
        assert main([*POINTS, "--runs", "2", *other, *out]) == 2
        assert "another sweep" in capsys.readouterr().err
    journal = tmp_path / "out" / "journal.jsonl"
    journal.write_text('{"point": 0}\n')
    assert main([*POINTS, *out]) == 2
    assert "no journal of a sweep" in capsys.readouterr().err
    journal.write_text("nonsense\n")
    assert main([*POINTS, *out]) == 2
    assert "not a JSON object" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "nothing is varied"),
        (("--over", "channel.uplink_snr=1,2"), "channel.uplink_snr"),
        (("--over", "ap.uplink_rate_kbps=250,333"), "333"),
        (("--over", "seed=1,2"), "--seed"),
        (("--over", "ap.retries=1,2", "--runs", "0"), "0 runs"),
        (("--over", "ap.retries=1,2", "--workers", "0"), "0 workers"),
        (("--over", "ap.retries=1,2", "--errors", "-1"), "-1 errors"),
    ],
)
def test_a_mistake_is_said_before_anything_runs(
    options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", MINIMAL, *options, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
