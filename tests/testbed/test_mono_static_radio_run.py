"""A mono-static tag on a PlutoSDR: emulated ones, real libiio in between; what the tag would reflect is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed.cli import main
from testbed.experiment import ExperimentError, load_experiment
from testbed.radio_words import radio_lines
from tests.conftest import ROOT
from tests.testbed.test_radio_run import events_of, replays_the_same, texts_of

EXAMPLE = ROOT / "examples" / "mono-static.toml"
CARRIER_HZ = 60_000.0
ON_A_TABLE = ["channel.leak_drift_rad=0", "channel.ap_power_dbm=0"]
ONE_ROUND = ['ap.commands=["led on"]', 'tags[0].readings=["t=21.5C"]', f"channel.carrier_offset_hz={CARRIER_HZ}"]


def run(folder: Path, *more: str) -> Path:
    settings = [text for each in (*ON_A_TABLE, *ONE_ROUND, *more) for text in ("--set", each)]
    assert main(["run", str(EXAMPLE), "--radio", "emu:", "--out", str(folder), "--quiet", *settings]) == 0
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("mono") / "run")


def test_a_secure_exchange_by_what_a_radio_sends_in_place_of_a_reflection(folder: Path) -> None:
    """S1, both ways; the tag's radio is 60 kHz off, the leak 42 dB louder; replies lie in the excitation, after T3."""
    events = events_of(folder)
    kinds = [(event["node"], event["kind"]) for event in events]
    assert kinds.count(("ap", "security.authenticated")) == kinds.count(("tag", "security.authenticated")) == 1
    assert texts_of(folder, "security.uplink_data") == ["t=21.5C"]
    assert texts_of(folder, "security.command") == ["led on"]
    assert "ack" not in {kind for _, kind in kinds}
    sent = [event for event in events if event["kind"] == "tx"]
    assert [event["name"] for event in sent] == ["SEC-TRIGGER", "SEC-RESPONSE", "SEC-CONFIRM", "SEC-ACK"]
    heard = [event for event in events if event["kind"] == "rx" and event["node"] == "tag"]
    for command, reply, at_tag in zip(sent[::2], sent[1::2], heard, strict=True):
        assert command["start_ns"] < reply["start_ns"] < reply["end_ns"] < command["end_ns"]
        assert command["end_ns"] - command["start_ns"] <= 5_490_000  # rule 14, and the signal extension
        assert reply["start_ns"] - at_tag["t_ns"] == pytest.approx(2_000_000, abs=200)  # section 4: T3 of 2 ms


def test_both_recordings_replay_without_a_difference(folder: Path) -> None:
    assert replays_the_same(folder) == 4


def test_the_run_says_that_nothing_was_reflected(folder: Path) -> None:
    """The manifest: a carrier of the radio's own, and by how much it was corrected; and so does a summary's line."""
    radios = json.loads((folder / "manifest.json").read_text())["radios"]
    assert radios["reflection"] == "re-radiated" and not radios["narrow"]
    sent = radios["reradiated"]
    assert sent["excitations_learnt"] == 2 and sent["excitations_missed"] == 0
    assert sent["carrier_corrected_hz"] == pytest.approx(-CARRIER_HZ, abs=50)
    assert any("its own carrier" in line and "-60000 Hz" in line for line in radio_lines(radios))
    assert radios["losses"] == [dict.fromkeys(each, 0) for each in radios["losses"]]


def test_t3_is_stretched_where_a_host_needs_longer(tmp_path: Path) -> None:
    """time_scale 400: 4 ms, in a PPDU beyond rule 14's; what was recorded says so, and replays."""
    folder = run(tmp_path / "slow", "time_scale=400")
    sent = [event for event in events_of(folder) if event["kind"] == "tx"]
    heard = [event for event in events_of(folder) if event["kind"] == "rx" and event["node"] == "tag"]
    waits = [reply["start_ns"] - at_tag["t_ns"] for reply, at_tag in zip(sent[1::2], heard, strict=True)]
    assert waits == [pytest.approx(4_000_000, abs=200)] * 2
    assert max(each["end_ns"] - each["start_ns"] for each in sent) > 5.484e6
    assert replays_the_same(folder) == 4


@pytest.mark.parametrize(
    ("radio", "change", "key"),
    [
        ("emu:", "plutos.rate_sps=4000000", "plutos.rate_sps"),  # narrow mode
        ("emu:gr", "", "radio"),
        ("pluto:usb:?loopback", "", "radio"),
        ("emu:", "channel.clock_ppm=5", "channel.clock_ppm"),
        ("emu:", "channel.carrier_offset_hz=300e3", "channel.carrier_offset_hz"),
        ("zmq:", "channel.carrier_offset_hz=1000", "channel.carrier_offset_hz"),
    ],
)
def test_what_two_radios_cannot_is_refused(radio: str, change: str, key: str) -> None:
    overrides = [*ON_A_TABLE, *([change] if change else [])]
    with pytest.raises(ExperimentError) as told:
        load_experiment(EXAMPLE, radio=radio, overrides=overrides)
    assert told.value.path == key and told.value.fix


def test_a_leak_louder_than_what_is_sent_is_refused_with_a_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 20 dBm the AP would hear more of itself than an emulated PlutoSDR sends."""
    arguments = ["run", str(EXAMPLE), "--radio", "emu:", "--out", str(tmp_path / "run")]
    assert main([*arguments, "--set", "channel.leak_drift_rad=0"]) == 2
    assert "fix:" in capsys.readouterr().err
