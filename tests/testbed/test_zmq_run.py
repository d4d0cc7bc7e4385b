"""The main job end to end: GNU Radio processes joined by ZMQ, both MACs, recording and replay, and what goes wrong."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT

SAMPLES_PER_SIFS = 200
DEMO = "examples/demo.toml"


MARK = f"AMP_TEST_RUN={uuid.uuid4()}"
ENVIRONMENT = {**os.environ, **dict([MARK.split("=")])}


def amp(*arguments: str, timeout_s: float = 240.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "testbed.cli", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=timeout_s, stdin=subprocess.DEVNULL
    )


def events_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]


def without_wall(run: Path) -> list[dict[str, Any]]:
    return [{key: value for key, value in event.items() if not key.startswith("wall_")} for event in events_of(run)]


def node_processes() -> dict[int, bytes]:
    """The living ``testbed.node`` processes that this test module's runs have started, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if MARK.encode() in (entry / "environ").read_bytes():
                    command = (entry / "cmdline").read_bytes()
                    if b"testbed.node" in command:
                        found[int(entry.name)] = command
    return found


def none_left(patience_s: float = 10.0) -> bool:
    end = time.monotonic() + patience_s
    while node_processes() and time.monotonic() < end:
        time.sleep(0.1)
    return not node_processes()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("demo") / "run"
    result = amp("demo", "--out", str(run))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Exchange done" in result.stdout and str(run) in result.stdout
    return run


def test_both_ends_are_authenticated_and_data_went_both_ways(demo: Path) -> None:
    """R1.30, R1.32, R1.33: mutual authentication, encrypted data up and down, over two flowgraphs and the air."""
    events = events_of(demo)
    kinds = [(event["node"], event["kind"]) for event in events]
    assert kinds.count(("ap", "security.authenticated")) == 3
    assert kinds.count(("tag", "security.authenticated")) == 3
    readings = texts_of(events, "security.uplink_data")
    commands = texts_of(events, "security.command")
    rows = (ROOT / "examples/readings.csv").read_text().splitlines()[1:]
    assert len(rows) == 3
    for row, reading, command in zip(rows, readings, commands, strict=True):
        assert reading in row and command in row
    on_air = b"".join(psdus(demo))
    for text in readings + commands:
        assert text.encode() not in on_air


def texts_of(events: list[dict[str, Any]], kind: str) -> list[str]:
    return [bytes.fromhex(event["data_hex"]).decode() for event in events if event["kind"] == kind]


def psdus(run: Path) -> list[bytes]:
    found = []
    for node in ("ap", "tag"):
        meta = json.loads((run / f"{node}.sigmf-meta").read_text())
        found += [bytes.fromhex(each["amp:psdu_hex"]) for each in meta["annotations"] if "amp:psdu_hex" in each]
    return found


def test_the_response_starts_exactly_one_amp_sifs_after_the_trigger(demo: Path) -> None:
    """PM-96: 10 µs from the end of the signal extension to sample 0 of the answer, to the sample."""
    sent = [event for event in events_of(demo) if event["kind"] == "tx"]
    answers = 0
    for first, second in itertools.pairwise(sent):
        if first["node"] == "ap" and second["node"] == "tag":
            assert second["start_ns"] - first["end_ns"] == 10_000
            answers += 1
    assert answers == 6


def test_the_recorded_uplink_begins_at_that_sample(demo: Path) -> None:
    """The AP's own samples: noise alone up to the SIFS's end, the tag's carrier from the next sample on."""
    samples = np.fromfile(demo / "ap.sigmf-data", np.complex64)
    trigger = next(event for event in events_of(demo) if event["kind"] == "tx")
    start = trigger["end_ns"] // 50 + SAMPLES_PER_SIFS
    noise = float(np.mean(np.abs(samples[start - 150 : start]) ** 2))
    first_chip = float(np.mean(np.abs(samples[start : start + 19]) ** 2))
    assert noise < 0.02 and first_chip > 0.8
    assert abs(samples[start]) ** 2 > 0.5 > abs(samples[start - 1]) ** 2


def test_replay_gives_the_very_same_frames(demo: Path) -> None:
    result = amp("replay", "--check", "--json", str(demo))
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["differences"] == []
    received = [event for event in events_of(demo) if event["kind"] == "rx"]
    assert len(document["frames"]) == len(received) == 18


def test_replay_check_sees_a_difference(demo: Path, tmp_path: Path) -> None:
    """Exit code 1 when the recording no longer holds what was received: here half of it is silence."""
    for name in ("ap.sigmf-meta", "ap.sigmf-data"):
        (tmp_path / name).write_bytes((demo / name).read_bytes())
    samples = np.fromfile(tmp_path / "ap.sigmf-data", np.complex64)
    samples[samples.size // 2 :] = 0
    samples.tofile(tmp_path / "ap.sigmf-data")
    result = amp("replay", "--check", str(tmp_path))
    assert result.returncode == 1
    assert "missing" in result.stderr


def test_one_seed_one_run(demo: Path, tmp_path: Path) -> None:
    """Byte-identical recordings, metadata and events from one seed; another seed gives others."""
    assert amp("demo", "-q", "--out", str(tmp_path / "again")).returncode == 0
    assert amp("demo", "-q", "--seed", "99", "--out", str(tmp_path / "other")).returncode == 0
    for name in ("ap.sigmf-data", "tag.sigmf-data", "ap.sigmf-meta", "tag.sigmf-meta"):
        same, other = (tmp_path / "again" / name).read_bytes(), (tmp_path / "other" / name).read_bytes()
        assert (demo / name).read_bytes() == same, name
        assert same != other, name
    assert without_wall(demo) == without_wall(tmp_path / "again") != without_wall(tmp_path / "other")


def test_a_hard_channel(tmp_path: Path) -> None:
    """1 Mb/s, 2.4 MHz off carrier, 1 % off chips, sample clock 100 ppm off, multipath, delay; recorded as ci16."""
    run = tmp_path / "run"
    settings = [
        "ap.downlink_rate_kbps=1000", "ap.uplink_rate_kbps=1000", "ap.seed_index=3",
        "tags[0].carrier_offset_hz=-2.4e6", "tags[0].chip_clock_ppm=-9900",
        'channel.multipath="B"', "channel.clock_ppm=100", "channel.delay_ns=100", "channel.gain_db=-3",
        "channel.downlink_snr_db=30", "channel.uplink_snr_db=30", 'record.format="ci16_le"',
    ]  # fmt: skip
    result = amp("demo", "--out", str(run), *[word for each in settings for word in ("--set", each)])
    assert result.returncode == 0, result.stdout + result.stderr
    assert amp("replay", "--check", str(run)).returncode == 0


def test_json_is_one_document(tmp_path: Path) -> None:
    """cli.md: what ``amp run --json`` holds at least."""
    result = amp("run", "examples/minimal.toml", "--json", "--out", str(tmp_path / "run"))
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert {"run_folder", "ok", "systems", "messages", "octets", "air_time_ns", "placeholders"} <= set(document)
    assert document["ok"] is True and document["systems"] == ["amp"] and document["placeholders"]


def test_a_failed_exchange_is_exit_code_1(tmp_path: Path) -> None:
    """At −20 dB nothing is heard: the AP tries as often as it was told, then gives up."""
    run = tmp_path / "run"
    result = amp("demo", "--out", str(run), "--set", "channel.uplink_snr_db=-25", "--set", "ap.retries=1")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "failed" in result.stdout
    assert json.loads((run / "manifest.json").read_text())["state"] == "finished"


def test_an_endpoint_in_use(tmp_path: Path) -> None:
    """Exit code 3, the address's fix, no process left."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        began = time.monotonic()
        result = amp("demo", "--radio", f"zmq:tcp://127.0.0.1:{port}", "--out", str(tmp_path / "run"))
    assert result.returncode == 3, result.stdout + result.stderr
    assert "in use" in result.stderr and "--radio" in result.stderr
    assert time.monotonic() - began < 25
    assert none_left()


def started(run: Path) -> subprocess.Popen[str]:
    """A long run in its own process, under way."""
    assert none_left()
    readings = "tags[0].readings=" + json.dumps([f"reading {number}" for number in range(400)])
    arguments = ["run", "examples/minimal.toml", "--out", str(run), "--set", readings]
    process = subprocess.Popen(
        [sys.executable, "-m", "testbed.cli", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    events = run / "events.jsonl"
    while not (events.exists() and events.read_text().count('"rx"') > 8):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    return process


@pytest.mark.parametrize("role", ["tag", "ap", "air"])
def test_a_process_that_dies_ends_the_run(role: str, tmp_path: Path) -> None:
    """A clear error and exit code 3 within 10 s, a readable folder, nobody left behind."""
    process = started(tmp_path / "run")
    victims = [pid for pid, command in node_processes().items() if f"/{role}.json".encode() in command]
    assert len(victims) == 1
    began = time.monotonic()
    os.kill(victims[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 10
    assert process.returncode == 3
    assert f"the {role} process" in errors and "fix:" in errors
    assert none_left()
    assert json.loads((tmp_path / "run/manifest.json").read_text())["state"] == "failed"


def test_ctrl_c_leaves_a_readable_folder(tmp_path: Path) -> None:
    process = started(tmp_path / "run")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert none_left()
    assert json.loads((tmp_path / "run/manifest.json").read_text())["state"] == "interrupted"
    assert amp("replay", str(tmp_path / "run")).returncode == 0


def test_a_killed_run_leaves_valid_recordings(tmp_path: Path) -> None:
    """kill -9: no process stays, the metadata is valid, and the samples up to the last chunk decode."""
    from sigmf import sigmffile

    process = started(tmp_path / "run")
    process.kill()
    process.communicate(timeout=60)
    assert none_left()
    for node in ("ap", "tag"):
        sigmffile.fromfile(str(tmp_path / f"run/{node}.sigmf-meta"), skip_checksum=True).validate()
        assert (tmp_path / f"run/{node}.sigmf-data").stat().st_size > 100_000
    result = amp("replay", "--json", str(tmp_path / "run"))
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)["frames"]) > 4


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    """A SIFS of 12 µs from a profile file: the answer keeps it, and the moved run folder still replays."""
    text = (ROOT / "ampradio/profile/11bp-2026.09.toml").read_text()
    profile = tmp_path / "mine.toml"
    profile.write_text(
        text.replace('name = "11bp-2026.09"', 'name = "mine-1"').replace(
            "amp_sifs_ns = { value = 10_000", "amp_sifs_ns = { value = 12_000"
        )
    )
    run = tmp_path / "run"
    result = amp("run", "examples/minimal.toml", "--set", f'profile="{profile}"', "--out", str(run))
    assert result.returncode == 0, result.stdout + result.stderr
    sent = [event for event in events_of(run) if event["kind"] == "tx"]
    assert sent[1]["start_ns"] - sent[0]["end_ns"] == 12_000
    profile.unlink()
    moved = run.rename(tmp_path / "elsewhere")
    assert amp("replay", "--check", str(moved)).returncode == 0


def test_a_wrong_peer_at_the_sap_is_counted_and_changes_nothing(demo: Path, tmp_path: Path) -> None:
    """Garbage and a second MAC at both SAPs during a run over TCP: refused, counted, and the frames stay the same."""
    import zmq

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        base = probe.getsockname()[1] % 50_000 + 10_000
    run = tmp_path / "run"
    command = ["demo", "--json", "--radio", f"zmq:tcp://127.0.0.1:{base}", "--out", str(run)]
    process = subprocess.Popen(
        [sys.executable, "-m", "testbed.cli", *command], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    context = zmq.Context()
    wrong = [context.socket(zmq.DEALER) for _ in range(2)]
    for number, each in enumerate(wrong):
        each.connect(f"tcp://127.0.0.1:{base + 4 + number}")
    while process.poll() is None:
        for each in wrong:
            for octets in (b"garbage", b"AMPS\x02\x02" + bytes(6), b"AMPS\x02\x05" + bytes(14)):
                with contextlib.suppress(zmq.Again):
                    each.send(octets, zmq.NOBLOCK)
        time.sleep(0.02)
    context.destroy(linger=0)
    assert process.returncode == 0
    assert without_wall(run) == without_wall(demo)
    counters = json.loads((run / "manifest.json").read_text())["counters"]
    assert all(any(name.startswith("sap_refused") for name in counters[node]) for node in ("ap", "tag")), counters


@pytest.mark.parametrize("radio", ["zmq:", "sim:"])
def test_a_run_that_ran_out_of_air_time_says_so(radio: str, tmp_path: Path) -> None:
    """Exit code 1, the reason and the fix for a person, a script and the folder; and the same end every time."""
    for number in (1, 2):
        run = tmp_path / str(number)
        result = amp("demo", "--radio", radio, "--set", "max_air_time_s=0.005", "--out", str(run))
        assert result.returncode == 1, result.stderr
        assert "air time were used up" in result.stdout and "max_air_time_s" in result.stdout
        assert "used up" in json.loads((run / "manifest.json").read_text())["reason"]
    assert without_wall(tmp_path / "1") == without_wall(tmp_path / "2")
