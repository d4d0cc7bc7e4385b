"""The main job over emulated PlutoSDRs, real libiio in between: by the driver, in loopback, repeated, cut off."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from testbed.capture import open_captures
from testbed.experiment import load_experiment
from testbed.replay_report import replayed_report
from testbed.runner.run import run_experiment
from testbed.summary import Summary
from tests.conftest import ROOT
from tests.radio.plutos import network

DEMO = ROOT / "examples" / "demo.toml"
OTHERS = ("provisioning", "aiot", "rsna", "handover")
ROWS = (ROOT / "examples" / "readings.csv").read_text().splitlines()[1:]


def run(radio: str, folder: Path, example: str = "demo", **overrides: object) -> Summary:
    settings = [f"{key.replace('__', '.')}={value}" for key, value in overrides.items()]
    path = ROOT / "examples" / f"{example}.toml"
    return run_experiment(load_experiment(path, radio=radio, overrides=settings), out=folder)


def events_of(folder: Path) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [{key: value for key, value in event.items() if not key.startswith("wall_")} for event in events]


def texts_of(folder: Path, kind: str) -> list[str]:
    return [bytes.fromhex(event["data_hex"]).decode() for event in events_of(folder) if event["kind"] == kind]


def replays_the_same(folder: Path) -> int:
    """Every frame of both recordings comes out of a replay as it did live; return how many."""
    frames = 0
    for recording in open_captures(folder):
        report = replayed_report(recording, "", quiet=True, check=True, probe=None)
        assert not report.differences
        frames += len(report.frames)
    return frames


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("demo") / "run"
    return folder, run("emu:", folder)


def test_handshake_and_encrypted_data_both_ways_over_two_emulated_plutos(demo: tuple[Path, Summary]) -> None:
    """R1.30, R1.32, R1.33: mutual authentication each round, what the CSV says arrives, and is nowhere on the air."""
    folder, summary = demo
    assert summary.ok and summary.retries == 0 and summary.drops == 0
    kinds = [(event["node"], event["kind"]) for event in events_of(folder)]
    assert kinds.count(("ap", "security.authenticated")) == kinds.count(("tag", "security.authenticated")) == 3
    readings, commands = texts_of(folder, "security.uplink_data"), texts_of(folder, "security.command")
    assert len(readings) == len(commands) == len(ROWS) == 3
    said = zip(ROWS, readings, commands, strict=True)
    assert all(reading in row and command in row for row, reading, command in said)
    on_air = b"".join(
        bytes.fromhex(each["amp:psdu_hex"])
        for node in ("ap", "tag")
        for each in json.loads((folder / f"{node}.sigmf-meta").read_text())["annotations"]
        if "amp:psdu_hex" in each
    )
    assert on_air and not any(text.encode() in on_air for text in readings + commands)


def test_the_recording_of_both_ends_replays_without_a_difference(demo: tuple[Path, Summary]) -> None:
    """Six replies at the AP; six messages and six Acks at the tag."""
    assert replays_the_same(demo[0]) == 18


def test_spaces_are_stretched_and_ppdus_are_not(demo: tuple[Path, Summary]) -> None:
    """PM-96 times time_scale, to the nanosecond of the station's sample counter; 48 octets at 250 kb/s last 1608 µs."""
    folder, summary = demo
    sent = [event for event in events_of(folder) if event["kind"] == "tx"]
    pairs = list(itertools.pairwise(sent))
    answers = [after["start_ns"] - before["end_ns"] for before, after in pairs if after["node"] == "tag"]
    assert summary.time_scale == 1000 and len(answers) == 6
    assert all(abs(gap - 10_000_000) <= 250 for gap in answers)  # one sample at 4 MS/s
    response = next(event for event in sent if event["name"] == "SEC-RESPONSE")
    assert response["end_ns"] - response["start_ns"] == 1_000 * (48 + 4 * (8 * response["octets"] + 6))


def test_the_channel_of_the_file_is_what_arrives(demo: tuple[Path, Summary]) -> None:
    """25 and 20 dB over the noise of 20 MHz are 10 lg 5 = 7 dB more over that of 4 MHz; a few tenths are estimation."""
    snr_db = demo[1].snr_db
    assert snr_db["downlink"] == pytest.approx(32.0, abs=1.0)
    assert snr_db["uplink"] == pytest.approx(27.0, abs=1.0)


def test_the_manifest_and_the_summary_say_what_differs_from_the_draft(demo: tuple[Path, Summary]) -> None:
    folder, summary = demo
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["time_scale"] == summary.as_dict()["time_scale"] == 1000
    radios = manifest["radios"]
    assert radios["narrow"] and radios["clock"] == "elastic" and not radios["radiates"]
    assert [each["serial"] for each in radios["radios"]] == ["emulated0000", "emulated0001"]
    assert radios["late_bursts"] == {"ap": 0, "tag": 0}
    said = "\n".join(summary.lines())
    assert "1000 times" in said and "without their non-AMP portion" in said and "emulated0001" in said


def test_one_seed_gives_the_same_samples_and_events(demo: tuple[Path, Summary], tmp_path: Path) -> None:
    """Elastic time: octet for octet, through libiio's sockets and whatever the threads do."""
    folder, _ = demo
    run("emu:", tmp_path / "again")
    for node in ("ap", "tag"):
        name = f"{node}.sigmf-data"
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert events_of(folder) == events_of(tmp_path / "again")


def test_one_pluto_talks_to_itself_in_digital_loopback(tmp_path: Path) -> None:
    """Both stations on one transmitter and one receiver, each deaf to its own bursts."""
    summary = run("emu:loopback", tmp_path / "run")
    assert summary.ok and summary.readings == summary.commands == 3
    assert replays_the_same(tmp_path / "run") == 18
    radios = json.loads((tmp_path / "run" / "manifest.json").read_text())["radios"]
    assert [each["loopback"] for each in radios["radios"]] == ["digital"]


@pytest.mark.parametrize("system", OTHERS)
def test_every_other_system_over_two_emulated_plutos(system: str, tmp_path: Path) -> None:
    summary = run("emu:", tmp_path / "run", system)
    experiment = load_experiment(ROOT / "examples" / f"{system}.toml")
    assert summary.ok, summary.reason
    assert summary.readings == len(experiment.tags[0].readings)
    assert summary.commands == len(experiment.ap.commands)
    assert replays_the_same(tmp_path / "run") > 0


def started(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A run as a process, given back when its first reply has been told of."""
    command = [sys.executable, "-m", "testbed.cli", "demo", "-q", "--out", str(folder), *more]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    events, end = folder / "events.jsonl", time.monotonic() + 60
    while not (events.exists() and '"SEC-RESPONSE"' in events.read_text()):
        assert process.poll() is None and time.monotonic() < end, "it never began"
        time.sleep(0.01)
    return process


def emulator_of(process: subprocess.Popen[str]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return next(int(each) for each in children if b"emulator_child" in Path(f"/proc/{each}/cmdline").read_bytes())


def test_an_emulator_that_dies_ends_the_run_and_leaves_a_readable_folder(tmp_path: Path) -> None:
    """Exit code 3 and the fix within 10 s; what was recorded up to then can be replayed."""
    process = started(tmp_path / "run", "--radio", "emu:")
    os.kill(emulator_of(process), signal.SIGKILL)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 3
    assert "the connection broke" in said and "fix:" in said
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["state"] == "failed" and manifest["radios"]["radios"]
    assert replays_the_same(tmp_path / "run") > 0


def test_a_loss_is_made_good(tmp_path: Path) -> None:
    """Both streams break in the middle of a handshake and are aligned again: what follows is in time, none too late."""
    forced = []
    with network(1) as radios:

        def lose(record: dict[str, object]) -> None:
            if not forced and record["kind"] == "tx" and record["name"] == "SEC-TRIGGER":
                forced.append(record)
                radios.plutos[0].faults.overflow(40_000)

        experiment = load_experiment(DEMO, radio=f"emu:{radios.uris[0]}?elastic,loopback")
        summary = run_experiment(experiment, out=tmp_path / "run", tell=lose)
    assert forced and summary.ok and summary.readings == 3, summary.reason
    about = json.loads((tmp_path / "run" / "manifest.json").read_text())["radios"]
    assert about["losses"][0]["overflows"] >= 1 and about["late_bursts"] == {"ap": 0, "tag": 0}
    assert len(json.loads((tmp_path / "run" / "ap.sigmf-meta").read_text())["captures"]) >= 2
    assert replays_the_same(tmp_path / "run") >= 18


def test_a_run_goes_on_when_its_radios_return(tmp_path: Path) -> None:
    """Both radios go away in the middle and come back: the exchange begins again and ends well, and that is told."""
    with network(2) as radios:
        ports = [int(uri.rpartition(":")[2]) for uri in radios.uris]
        uris = ",".join(radios.uris)
        more = [f"--set=plutos.{role}_tx_attenuation_db=10" for role in ("ap", "tag")]
        process = started(tmp_path / "run", "--radio", f"emu:{uris}?elastic", "--set=plutos.reconnect_s=30", *more)
        for index in range(2):
            radios.unplug(index)
        for index in range(2):
            radios.plug(index)
        assert [int(uri.rpartition(":")[2]) for uri in radios.uris] == ports
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["ok"] and manifest["radios"]["reconnected"] >= 1
    captures = json.loads((tmp_path / "run" / "ap.sigmf-meta").read_text())["captures"]
    assert len(captures) >= 2  # what was missed is not hidden
