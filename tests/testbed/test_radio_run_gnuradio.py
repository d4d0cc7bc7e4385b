"""The main job over two emulated PlutoSDRs by GNU Radio: gr-iio's blocks and ours, each station in its flowgraph."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testbed.experiment import experiment_of
from testbed.runner.run import run_experiment
from testbed.summary import Summary
from tests.conftest import ROOT
from tests.testbed.test_radio_run import replays_the_same, texts_of

pytestmark = pytest.mark.real_time

ONE_ROUND = """
name = "one"
radio = "emu:gr"
[ap]
retries = 10
commands = ["led on"]
[[tags]]
readings = ["t=21.5C"]
carrier_offset_hz = 400e3
chip_clock_ppm = 3000
[channel]
downlink_snr_db = 25.0
uplink_snr_db = 20.0
"""


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("one") / "run"
    return folder, run_experiment(experiment_of(ONE_ROUND, folder.parent / "one.toml"), out=folder)


def test_handshake_and_data_both_ways_through_gr_iio(one: tuple[Path, Summary]) -> None:
    folder, summary = one
    assert summary.ok, summary.reason
    assert texts_of(folder, "security.uplink_data")[-1] == "t=21.5C"
    assert texts_of(folder, "security.command")[-1] == "led on"
    assert summary.handshakes
    radios = json.loads((folder / "manifest.json").read_text())["radios"]
    assert radios["path"] == "gr-iio" and radios["narrow"]
    assert [each["serial"] for each in radios["radios"]] == ["emulated0000", "emulated0001"]


def test_what_the_flowgraphs_recorded_replays_the_same(one: tuple[Path, Summary]) -> None:
    assert replays_the_same(one[0]) >= 6  # a trigger, a confirmation, two Acks, two replies; more after a loss


def test_carrier_and_chip_clock_of_the_tag_are_those_of_the_file(one: tuple[Path, Summary]) -> None:
    """The tag's errors are made in its samples, so the AP measures them through everything between."""
    meta = json.loads((one[0] / "ap.sigmf-meta").read_text())
    replies = [each for each in meta["annotations"] if "amp:cfo_hz" in each]
    assert replies
    for each in replies:
        assert each["amp:cfo_hz"] == pytest.approx(400e3, abs=500)
        assert each["amp:clock_ppm"] == pytest.approx(3000, abs=100)


def test_an_emulator_that_dies_ends_both_flowgraphs(tmp_path: Path) -> None:
    """Exit code 3 within 10 s, and no process is left of what gr-iio would wait for for ever."""
    file = tmp_path / "one.toml"
    file.write_text(ONE_ROUND)
    command = [sys.executable, "-m", "testbed.cli", "run", str(file), "-q", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    events, end = tmp_path / "run" / "events.jsonl", time.monotonic() + 90
    while not (events.exists() and '"SEC-TRIGGER"' in events.read_text()):
        assert process.poll() is None and time.monotonic() < end, "it never began"
        time.sleep(0.01)
    children = [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    emulator = next(each for each in children if b"emulator_child" in Path(f"/proc/{each}/cmdline").read_bytes())
    os.kill(emulator, signal.SIGKILL)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 3 and "fix:" in said
    assert not [each for each in children if Path(f"/proc/{each}").exists()]
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["state"] == "failed"
