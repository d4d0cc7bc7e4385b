"""The main job over two emulated PlutoSDRs by GNU Radio: gr-iio's blocks and ours, each station in its flowgraph."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from testbed.experiment import experiment_of
from testbed.live.address import VARIABLE
from testbed.live.messages import TOPIC, Samples, decoded
from testbed.runner.run import run_experiment
from testbed.summary import Summary
from tests.conftest import ROOT
from tests.radio.plutos import network
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


SEEN: list[Samples] = []
"""What a live view was shown of the first run."""


@contextlib.contextmanager
def watching(address: str) -> Iterator[None]:
    """Gather in ``SEEN`` what radios receive, in a thread, as a live view does."""
    socket, over = zmq.Context.instance().socket(zmq.SUB), threading.Event()
    socket.bind(address)
    socket.setsockopt(zmq.SUBSCRIBE, TOPIC)

    def gather() -> None:
        while not over.is_set():
            while socket.poll(50):
                message = decoded(socket.recv_multipart())
                if isinstance(message, Samples):
                    SEEN.append(message)

    thread = threading.Thread(target=gather)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        socket.close(linger=0)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Summary]]:
    folder = tmp_path_factory.mktemp("one") / "run"
    address = f"ipc://{folder.parent}/live"
    with pytest.MonkeyPatch.context() as patch, watching(address):
        patch.setenv(VARIABLE, address)
        summary = run_experiment(experiment_of(ONE_ROUND, folder.parent / "one.toml"), out=folder)
    yield folder, summary


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


def test_a_live_view_sees_what_both_radios_receive(one: tuple[Path, Summary]) -> None:
    """The station's samples, by their own count, from the run's beginning; none of those that align the streams."""
    rates = {each.role: each.rate_sps for each in SEEN}
    assert rates == {"ap": 4_000_000, "tag": 4_000_000}
    for role in rates:
        pieces = [piece for each in SEEN if each.role == role for piece in each.envelope]
        recorded = (one[0] / f"{role}.sigmf-data").stat().st_size // 8
        assert pieces and all(0 <= piece.first <= recorded for piece in pieces)


def test_a_loss_is_counted_marked_and_made_good(tmp_path: Path) -> None:
    """Samples lost at the AP in the middle of the handshake: it begins again, and nothing is hidden."""
    forced = []
    with network(2) as radios:

        def lose(record: dict[str, object]) -> None:
            if not forced and record["kind"] == "tx" and record["name"] == "SEC-TRIGGER":
                forced.append(record)
                radios.plutos[0].faults.overflow(40_000)

        # radios that are there already have an air of their own, and are set by hand
        head = ONE_ROUND.partition("[channel]")[0].replace("emu:gr", f"emu:{','.join(radios.uris)}?elastic,gr")
        text = head + "[plutos]\nap_tx_attenuation_db = 10\ntag_tx_attenuation_db = 10\n"
        summary = run_experiment(experiment_of(text, tmp_path / "one.toml"), out=tmp_path / "run", tell=lose)
    assert forced and summary.ok, summary.reason
    losses = json.loads((tmp_path / "run" / "manifest.json").read_text())["radios"]["losses"]
    assert losses[0]["overflows"] >= 1
    assert len(json.loads((tmp_path / "run" / "ap.sigmf-meta").read_text())["captures"]) >= 2
    replays_the_same(tmp_path / "run")


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
