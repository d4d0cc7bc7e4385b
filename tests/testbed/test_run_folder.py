"""Run folders and event logs: they explain themselves and stay readable whatever ends the run (architecture.md)."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from testbed.event_log import EventLog, EventLogError, read_events, without_wall
from testbed.experiment import Experiment, experiment_of
from testbed.run_folder import RunFolder
from testbed.run_record import RunFolderError, read_run
from tests.testbed.killed import kill_once_written

PSK = "5a" * 32


def experiment() -> Experiment:
    """Return an experiment with a PSK of its own."""
    return experiment_of(f'name = "bench / 1"\nseed = 3\n[[tags]]\npsk_hex = "{PSK}"\n', Path("bench.toml"))


def test_manifest_explains_the_run(tmp_path: Path) -> None:
    """architecture.md: experiment and its hash, seeds, profile and its placeholders, versions, commit, radio, state."""
    with RunFolder.create(experiment(), root=tmp_path) as folder:
        running = json.loads((folder.path / "manifest.json").read_text())
        folder.note(late=0)
        folder.finish(True, messages=4)
    assert running["state"] == "running" and running["ok"] is None
    manifest = read_run(folder.path).manifest
    assert (manifest["state"], manifest["ok"], manifest["messages"], manifest["late"]) == ("finished", True, 4, 0)
    assert manifest["profile"] == "11bp-2026.09" and manifest["seeds"] == {"run": 3}
    assert "downlink.sync_bits" in manifest["placeholders"]
    assert manifest["experiment"]["tags"][0]["psk"] == "redacted"
    assert manifest["experiment_sha256"] == experiment().sha256
    assert {"python", "numpy"} <= set(manifest["versions"])
    assert manifest["radio"] == "zmq:" and "commit" in manifest and manifest["variant"] == "hardened"
    assert folder.path.name.endswith("Z-bench-1") and folder.path.parent == tmp_path


def test_nothing_in_the_folder_holds_the_psk(tmp_path: Path) -> None:
    """No secret is written down: neither in the manifest nor in the copy of the experiment file."""
    with RunFolder.create(experiment(), root=tmp_path) as folder:
        folder.finish(True)
    for path in folder.path.iterdir():
        text = str(duckdb.sql(f"SELECT * FROM '{path}'").fetchall()) if path.suffix == ".parquet" else path.read_text()
        assert PSK not in text, path
    assert 'psk_hex = "redacted"' in (folder.path / "experiment.toml").read_text()


def test_two_runs_in_one_second_do_not_share_a_folder(tmp_path: Path) -> None:
    """Each run has its own folder."""
    made = [RunFolder.create(experiment(), root=tmp_path) for _ in range(3)]
    assert len({folder.path for folder in made}) == 3
    for folder in made:
        folder.fail("test")


def test_out_refuses_what_is_not_empty(tmp_path: Path) -> None:
    """--out takes a new or an empty folder and never mixes two runs; a file in the way is said."""
    out = tmp_path / "a" / "b"
    RunFolder.create(experiment(), out=out).finish(True)
    for bad in (out, out / "manifest.json", out / "manifest.json" / "x"):
        with pytest.raises(RunFolderError) as caught:
            RunFolder.create(experiment(), out=bad)
        assert "--out" in caught.value.fix
    (tmp_path / "empty").mkdir()
    RunFolder.create(experiment(), out=tmp_path / "empty").finish(True)


@pytest.mark.parametrize(
    ("error", "state"), [(KeyboardInterrupt(), "interrupted"), (RuntimeError("no air"), "failed"), (None, "failed")]
)
def test_however_the_run_ends_the_folder_says_so(tmp_path: Path, error: BaseException | None, state: str) -> None:
    """cli.md: Ctrl-C leaves a readable run folder; so does an error, with its reason."""
    folder = RunFolder.create(experiment(), root=tmp_path)
    if error is None:
        with folder:
            pass
    else:
        with pytest.raises(type(error)), folder:
            raise error
    run = read_run(folder.path)
    assert (run.state, run.manifest["ok"]) == (state, False)
    if isinstance(error, RuntimeError):
        assert run.manifest["reason"] == "RuntimeError: no air"


def test_events_come_back_less_the_wall_clock(tmp_path: Path) -> None:
    """Two runs of one seed have the same events less their wall_ fields; octets and odd numbers become JSON."""
    for name in ("a", "b"):
        with EventLog(tmp_path / name) as log:
            log.write({"t_ns": 5, "kind": "rx", "psdu": b"\x01\xff", "snr_db": float("nan"), "at": {"wall_x": name}})
    first, second = (read_events(tmp_path / name)[0] for name in ("a", "b"))
    assert first[0]["wall_s"] >= 0 and first != second
    assert [without_wall(each) for each in first] == [without_wall(each) for each in second]
    assert without_wall(first[0]) == {"t_ns": 5, "kind": "rx", "psdu": "01ff", "snr_db": None, "at": {}}


@pytest.mark.parametrize("cut", range(1, 24))
def test_torn_last_line_is_left_out(tmp_path: Path, cut: int) -> None:
    """A kill may cut the last line anywhere: the lines before it are read, and the cut is told."""
    whole = b'{"t_ns":1,"kind":"tx"}\n{"t_ns":2,"kind":"rx"}\n'
    (tmp_path / "e").write_bytes(whole[:-cut])
    events, torn = read_events(tmp_path / "e")
    if cut == 1:  # only the line's end is missing: the event is whole
        assert ([each["t_ns"] for each in events], torn) == ([1, 2], False)
    elif cut == 23:
        assert ([each["t_ns"] for each in events], torn) == ([1], False)
    else:
        assert ([each["t_ns"] for each in events], torn) == ([1], True)


def test_damage_in_the_middle_is_an_error(tmp_path: Path) -> None:
    """Only the last line may be torn: any other damage is told with its line."""
    (tmp_path / "e").write_bytes(b'{"t_ns":1}\n{"t_n\n{"t_ns":3}\n')
    with pytest.raises(EventLogError, match=r"e:2: not a JSON object"):
        read_events(tmp_path / "e")
    (tmp_path / "e").write_bytes(b"[1]\n")
    with pytest.raises(EventLogError, match=":1:"):
        read_events(tmp_path / "e")


@pytest.mark.parametrize("manifest", [None, "", "{", "[]", '{"state": "asleep"}'])
def test_what_is_no_run_folder_is_refused(tmp_path: Path, manifest: str | None) -> None:
    """A folder without a manifest of a run is refused with what to name instead."""
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(RunFolderError) as caught:
        read_run(tmp_path)
    assert caught.value.fix


def test_a_killed_run_is_readable(tmp_path: Path) -> None:
    """architecture.md: a killed run leaves a valid, readable folder, with every event that was written."""
    script = f"""
import os, sys
from pathlib import Path
from testbed.experiment import experiment_of
from testbed.run_folder import RunFolder
folder = RunFolder.create(experiment_of("", Path("x.toml")), out=Path({str(tmp_path / "r")!r}))
for number in range(50):
    folder.events.write({{"t_ns": number, "kind": "tx"}})
print("written", flush=True)
folder.note(more="x" * 100)
while True:
    folder.events.write({{"t_ns": 99, "kind": "rx", "pad": "y" * 5000}})
    folder.note(more="x" * 100)
"""
    kill_once_written(script)
    run = read_run(tmp_path / "r")
    assert run.state == "running"
    assert [each["t_ns"] for each in run.events[:50]] == list(range(50))
