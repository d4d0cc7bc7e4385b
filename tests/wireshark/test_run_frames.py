"""``frames.pcapng`` of runs: what the radios measured is what tshark shows, each PPDU sent and received; and live."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from testbed.atomic_file import write_atomically
from testbed.capture.pcapng import read_pcapng
from testbed.capture.radio_header import decode
from testbed.cli import main
from testbed.runner.frame_file import FrameFile
from testbed.wireshark.extcap import growing_blocks
from tests.conftest import ROOT
from tests.wireshark.tshark import Shown, dissected, tshark

DEMO = str(ROOT / "examples" / "demo.toml")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo in process."""
    folder = tmp_path_factory.mktemp("frames") / "run"
    assert main(["run", DEMO, "--radio", "sim:", "-q", "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def seen(run: Path) -> list[Shown]:
    return dissected(run / "frames.pcapng")


def test_every_event_of_the_air_has_its_packet(run: Path, seen: list[Shown]) -> None:
    """One packet for each tx and each rx, at its air time, with SNR, clock and carrier offset as the event says."""
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    for kind, sent in (("tx", "1"), ("rx", "0")):
        told = [each for each in events if each["kind"] == kind]
        shown = [each for each in seen if each.one("radio.sent") == sent]
        assert len(told) == len(shown) > 0
        by_place = {(each.one("node"), int(each.one("radio.start_ns"))): each for each in shown}
        for event in told:
            packet = by_place[event["node"], event["start_ns"]]
            assert packet.one("name") == event["name"] and int(packet.one("radio.rate")) == event["rate_bps"]
            assert int(packet.one("radio.end_ns")) == event["end_ns"]
            assert int(packet.one("radio.length")) + event["octets"] == int(packet.values["len"][0])
            for field, key in (("radio.snr", "snr_db"), ("radio.clock", "clock_ppm"), ("radio.cfo", "cfo_hz")):
                if event.get(key) is not None:
                    assert float(packet.one(field)) == pytest.approx(event[key], rel=1e-5)


def test_time_order_and_directions(seen: list[Shown]) -> None:
    starts = [int(each.one("radio.start_ns")) for each in seen]
    assert starts == sorted(starts)
    assert {each.one("frame.p2p_dir") for each in seen if each.one("radio.sent") == "1"} == {"0"}
    assert all("radio.rssi" in each.values for each in seen if each.one("radio.sent") == "0")
    assert {each.one("radio.carrier") for each in seen} == {"2437000000"}


def test_filters_are_a_persons_words(run: Path) -> None:
    assert tshark(run / "frames.pcapng", "-Y", "amp11bp.s1.anonce && amp11bp.radio.sent == 0").count("\n") == 3
    assert tshark(run / "frames.pcapng", "-Y", 'amp11bp.name == "Ack" && amp11bp.radio.snr > 0').count("\n") == 6


def test_headers_come_back_as_they_went_out(run: Path) -> None:
    interfaces, packets = read_pcapng(run / "frames.pcapng")
    assert [each.name for each in interfaces] == ["ap", "tag"]
    for packet in packets:
        seen, psdu = decode(packet.octets)
        assert seen.encode() + psdu == packet.octets and seen.node == interfaces[packet.interface].name


def test_a_run_is_followed_while_it_grows(run: Path, tmp_path: Path) -> None:
    """Whole blocks as they come, a torn one only when it is whole; the end when the run is over."""
    whole, manifest = (run / "frames.pcapng").read_bytes(), json.loads((run / "manifest.json").read_text())
    live = tmp_path / "live"
    live.mkdir()

    def state(word: str) -> None:
        write_atomically(live / "manifest.json", json.dumps({**manifest, "state": word}))  # as a run does

    state("running")
    read: list[bytes] = []
    follower = threading.Thread(target=lambda: read.extend(growing_blocks(live, lambda: False)), daemon=True)
    follower.start()
    with (live / "frames.pcapng").open("wb", buffering=0) as file:
        for start in range(0, len(whole), 333):
            file.write(whole[start : start + 333])
            assert whole.startswith(b"".join(read))
    state("finished")
    follower.join(20)
    assert b"".join(read) == whole


def test_wireshark_captures_live_through_extcap(run: Path, tmp_path: Path) -> None:
    """tshark finds the interface, asks for its link type and options, and captures the run's packets through the fifo.

    Wireshark takes WIRESHARK_EXTCAP_DIR from ordinary users only, so root becomes nobody for this.
    """
    home, folder = tmp_path / "home", tmp_path / "extcap"
    for each in (tmp_path, home, folder):
        each.mkdir(exist_ok=True)
        each.chmod(0o755)
    placed = install_into(home, folder, run.parent)
    for each in (run, *run.parents):
        if each.stat().st_uid == os.getuid():
            each.chmod(each.stat().st_mode | 0o055)
    out = tmp_path / "captured"
    out.mkdir(mode=0o777)
    out.chmod(0o777)
    options = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    environment = {"PATH": os.environ["PATH"], "HOME": str(out), "WIRESHARK_EXTCAP_DIR": str(folder)}
    kept = {"capture_output": True, "text": True, "timeout": 120, "env": environment, **options}
    listed = subprocess.run(["tshark", "-D"], **kept)
    assert "amp (AMP run)" in listed.stdout, listed
    packets = sum(1 for _ in read_pcapng(run / "frames.pcapng")[1])
    command = ["tshark", "-i", "amp", "-o", f"extcap.amp.run:{run}", "-a", f"packets:{packets}", "-w", str(out / "o")]
    captured = subprocess.run(command, **kept)
    assert (out / "o").is_file(), captured.stderr
    assert [each.octets for each in read_pcapng(out / "o")[1]] == [
        each.octets for each in read_pcapng(run / "frames.pcapng")[1]
    ]
    assert placed.stat().st_mode & 0o111


def install_into(home: Path, folder: Path, runs: Path) -> Path:
    """Install for another user's eyes; return the program."""
    before = os.environ.get("WIRESHARK_EXTCAP_DIR")
    os.environ["WIRESHARK_EXTCAP_DIR"] = str(folder)
    try:
        command = [sys.executable, "-c", f"from pathlib import Path; from testbed.wireshark.place import install; "
                   f"install(Path({str(home)!r}), Path({str(runs)!r}))"]  # fmt: skip
        subprocess.run(command, check=True, env={**os.environ, "HOME": str(home)}, cwd=ROOT)
    finally:
        if before is None:
            del os.environ["WIRESHARK_EXTCAP_DIR"]
    return folder / "amp"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (["--extcap-interfaces"], "interface {value=amp}"),
        (["--extcap-interface", "amp", "--extcap-dlts"], "dlt {number=147}"),
        (["--extcap-interface", "amp", "--extcap-config"], "{call=--run}"),
    ],
)
def test_the_contract(question: list[str], answer: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extcap", *question]) == 0
    assert answer in capsys.readouterr().out


def test_packets_wait_for_the_slower_station(tmp_path: Path) -> None:
    """Nothing is written that an earlier packet could still precede; at the end everything is."""
    path = tmp_path / "f.pcapng"
    with FrameFile(path, (), ("ap", "tag")) as file:
        file.add("ap", 90_000_000, b"late", 0)
        file.reached("ap", 200_000_000)
        assert not list(read_pcapng(path)[1])
        file.add("tag", 5_000_000, b"early", 0)
        file.reached("tag", 150_000_000)
        assert [each.octets for each in read_pcapng(path)[1]] == [b"early", b"late"]
        file.add("tag", 149_000_000, b"last", 0)
    assert [each.time_ns for each in read_pcapng(path)[1]] == [5_000_000, 90_000_000, 149_000_000]


