"""Ctrl-C on every verb that takes its time: 130, nobody left behind, files whole, and progress before that."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.capture import open_capture
from testbed.commands.progress import AGAIN_S, FIRST_S, Progress
from testbed.run_record import read_run
from tests.conftest import ROOT
from tests.radio.plutos import network

READINGS = "".join(f"{number}\n" for number in range(2_000))
LONG_S = 12
SENT = ROOT / "tests/golden/recordings/dl-type1-250k-clean.sigmf-meta"


@dataclass(frozen=True)
class Case:
    """What is typed, when it is at work, and what has to be there afterwards."""

    words: tuple[str, ...]
    at_work: Callable[[Path], bool]
    whole: Callable[[Path], object] = lambda folder: None
    prepare: Callable[[Path], None] = lambda folder: None


def _said(pattern: str) -> Callable[[Path], bool]:
    return lambda folder: any(re.search(pattern, (folder / name).read_text()) for name in ("stdout", "stderr"))


def _under_way(folder: Path) -> bool:
    events = folder / "out/events.jsonl"
    return events.is_file() and events.read_bytes().count(b'"rx"') > 2


def _a_readable_run(folder: Path) -> None:
    assert read_run(folder / "out").manifest["state"] == "interrupted"
    for line in (folder / "out/events.jsonl").read_text().splitlines():
        json.loads(line)


def _a_database(folder: Path) -> None:
    _amp(folder, "keys", "create", "--db", "as.sqlite", "--key-file", "as.key")


def _a_long_recording(folder: Path) -> None:
    """Silence of some seconds: as many samples as a minute of replay."""
    with (folder / "quiet.sigmf-data").open("wb") as data:
        data.truncate(LONG_S * 80_000_000)
    facts = {"core:version": "1.0.0", "core:datatype": "ci16_le", "core:sample_rate": 20e6, "amp:role": "tag"}
    document = {"global": facts, "captures": [{"core:sample_start": 0}], "annotations": []}
    (folder / "quiet.sigmf-meta").write_text(json.dumps(document))


def _a_short_recording(folder: Path) -> None:
    assert 0 < open_capture(folder / "out/radio.sigmf-meta").samples < 60_000_000


CASES = {
    "run sim:": Case(
        ("run", "examples/stdin.toml", "--radio", "sim:", "--set", "max_air_time_s=3600", "--out", "out"),
        _under_way,
        _a_readable_run,
    ),
    "run zmq:": Case(
        ("run", "examples/stdin.toml", "--radio", "zmq:", "--set", "max_air_time_s=3600", "--out", "out"),
        _under_way,
        _a_readable_run,
    ),
    "sweep": Case(
        ("sweep", "examples/minimal.toml", "--over", "channel.uplink_snr_db=-12:0:1", "--runs", "900", "--out", "out"),
        lambda folder: (folder / "out/journal.jsonl").is_file() and (folder / "out/journal.jsonl").stat().st_size > 0,
        lambda folder: json.loads((folder / "out/sweep.json").read_text())["state"] == "interrupted" or pytest.fail(),
    ),
    "compare": Case(("compare", "examples/compare.toml", "--out", "out"), _said("pieces of work begin")),
    "attack": Case(("attack",), _said(r"2/\d+ X1 on")),
    "as": Case(
        ("as", "--db", "as.sqlite", "--key-file", "as.key", "--listen", "127.0.0.1:0"),
        _said("radius://"),
        prepare=_a_database,
    ),
    "annotate": Case(
        ("annotate", "quiet.sigmf-meta", "--thorough", "--out", "out"),
        _said(r"channel: +\d+%"),
        prepare=_a_long_recording,
    ),
    "record": Case(
        ("record", "FIRST", "--seconds", "60", "--rate-sps", "1000000", "--out", "out"),
        lambda folder: any(data.stat().st_size for data in (folder / "out").glob("*.sigmf-data")),
        _a_short_recording,
    ),
    "transmit": Case(
        ("transmit", str(SENT), "--radio", "FIRST", "--rate-sps", "4000000", "--cyclic"), _said("repeats by itself")
    ),
    "calibrate": Case(
        ("calibrate", "FIRST", "--reference", "SECOND", "--rate-sps", "2000000", "--file", "out.json", "-v"),
        _said("."),
        lambda folder: pytest.fail("half a calibration was kept") if (folder / "out.json").exists() else None,
    ),
    "emulate": Case(("emulate", "--port", "0"), _said("ip:127.0.0.1:")),
    "dash": Case(("dash", "--port", "0"), _said("http://127.0.0.1:")),
}


@pytest.fixture(scope="module")
def radios() -> Iterator[dict[str, str]]:
    """Two emulated Plutos, by the names that stand for them in a case."""
    with network(2, elastic=False) as served:
        yield {name: f"emu:{uri}" for name, uri in zip(("FIRST", "SECOND"), served.uris, strict=True)}


@pytest.mark.parametrize("name", CASES)
def test_ctrl_c(name: str, tmp_path: Path, radios: dict[str, str]) -> None:
    """130, said in one line, and no process of it is left."""
    case = CASES[name]
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    case.prepare(tmp_path)
    with _typed(tmp_path, *(radios.get(word, word) for word in case.words)) as process:
        while not case.at_work(tmp_path):
            assert process.poll() is None, (tmp_path / "stderr").read_text()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 130, (tmp_path / "stderr").read_text()
        _wait_until_gone(process.pid)
    told = (tmp_path / "stderr").read_text()
    assert told.rstrip().splitlines()[-1] == "amp: interrupted" and "Traceback" not in told
    assert list(tmp_path.rglob("*.tmp*")) == []
    case.whole(tmp_path)


def test_replay_in_a_terminal(tmp_path: Path) -> None:
    """Progress is one line, written over and over; Ctrl-C there ends GNU Radio's threads too, and says so below it."""
    master, slave = os.openpty()
    _a_long_recording(tmp_path)
    with _typed(tmp_path, "replay", "quiet", stderr=slave) as process:
        os.close(slave)
        seen = b""
        while seen.count(b"% of quiet") < 3:
            seen += os.read(master, 4096)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert seen.count(b"\r") >= 2 and b"\n" not in seen
        assert os.read(master, 65536).endswith(b"\namp: interrupted\r\n")
    os.close(master)


def test_progress_comes_within_two_seconds_and_never_stops(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What takes less says nothing; then a line each tenth, and one every ten seconds when tenths take longer."""
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    quick, slow, silent = (Progress("runs", quiet=quiet) for quiet in (False, False, True))
    for done in range(1, 11):
        clock[0] += 0.1
        quick(done, 10)
    assert capsys.readouterr().err == ""
    times = []
    for done in range(1, 1001):
        clock[0] += 1.0
        slow(done, 1000)
        silent(done, 1000)
        if capsys.readouterr().err:
            times.append(clock[0] - 1.0)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert times[0] <= FIRST_S + 1 and max(gaps) <= AGAIN_S + 1 and times[-1] == 1000.0


@contextmanager
def _typed(folder: Path, *words: str, stderr: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Start `amp` in ``folder`` as a shell does, in a process group of its own, and end it whatever happens."""
    (folder / "stdin").write_text(READINGS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder) if len(str(folder)) < 60 else "/tmp"}
    with (folder / "stdin").open() as stdin, (folder / "stdout").open("w") as out, (folder / "stderr").open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "testbed.cli", *words],
            cwd=folder, env=environment, stdin=stdin, stdout=out, stderr=stderr or err, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        with_group = process.poll() is None
        if with_group:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _amp(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "testbed.cli", *words]
    subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)


def _wait_until_gone(group: int) -> None:
    """Wait until no process of the group is left; the test's own timeout is the limit."""
    while True:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
