"""A mono-static tag end to end: over GNU Radio and in process, recorded, replayed; its budget, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from ampradio.profile import load_profile
from testbed.capture import open_captures
from testbed.cli import main
from testbed.experiment import load_experiment
from testbed.experiment.link import leak_db, snrs_db
from testbed.experiment.shape import Channel
from testbed.report.chips import PER_CHIP, Chips, chips_of
from testbed.runner.air import own_delay_samples
from tests.conftest import ROOT

EXAMPLE = str(ROOT / "examples" / "mono-static.toml")
ONE_ROUND = ["--set", 'ap.commands=["led on"]', "--set", 'tags[0].readings=["t=21.5C"]']


def _run(folder: Path, radio: str, *more: str) -> list[dict[str, object]]:
    assert main(["run", EXAMPLE, "--radio", radio, "--out", str(folder), "--quiet", *ONE_ROUND, *more]) == 0
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def over_gnu_radio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mono") / "run"
    _run(folder, "zmq:")
    return folder


def test_a_secure_exchange_by_reflection_over_gnu_radio(over_gnu_radio: Path) -> None:
    """Both ends authenticate, data go both ways, under the AP's own leak; nobody sends an Ack or a carrier."""
    events = [json.loads(line) for line in (over_gnu_radio / "events.jsonl").read_text().splitlines()]
    kinds = [event["kind"] for event in events]
    assert kinds.count("security.authenticated") == 2 and "ack" not in kinds
    sent = [event for event in events if event["kind"] == "tx"]
    assert [event["name"] for event in sent] == ["SEC-TRIGGER", "SEC-RESPONSE", "SEC-CONFIRM", "SEC-ACK"]
    for command, reply in zip(sent[::2], sent[1::2], strict=True):
        assert command["start_ns"] < reply["start_ns"] < reply["end_ns"] < command["end_ns"]  # within its excitation


def test_the_recordings_replay_without_a_difference(over_gnu_radio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the AP sent stands in its recording, so the leak can be taken off again."""
    assert main(["replay", str(over_gnu_radio), "--check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["frames"]) == 4 and told["differences"] == []
    assert {"UL_MONO_STATIC", "DL_TYPE2", "DL_TYPE3"} <= set((over_gnu_radio / "ap.sigmf-meta").read_text().split('"'))


def test_the_report_shows_the_chips_of_a_reply(over_gnu_radio: Path) -> None:
    """Its eye is open although the leak is 42 dB stronger, and its chips lie about 0 and 1."""
    (ap,) = (each for each in open_captures(over_gnu_radio) if each.role == "ap")
    got = chips_of(ap, load_profile())
    assert isinstance(got, Chips) and got.ppdus == 2
    on = got.soft.real > 0.5
    assert got.soft[on].real.mean() == pytest.approx(1, abs=0.1) and abs(got.soft[~on].real.mean()) < 0.1
    middle = got.eye[:, PER_CHIP]  # of the first half of a bit
    assert middle[middle > 0.5].mean() > 0.8 and middle[middle <= 0.5].mean() < 0.3


def test_in_process_it_is_the_same_exchange(over_gnu_radio: Path, tmp_path: Path) -> None:
    """The same frames at the same times, through multipath too."""
    inside = _run(tmp_path / "sim", "sim:")
    outside = [json.loads(line) for line in (over_gnu_radio / "events.jsonl").read_text().splitlines()]

    def told(events: list[dict[str, object]]) -> list[tuple[object, ...]]:
        kept = [each for each in events if each["kind"] in ("tx", "rx")]
        return sorted((each["t_ns"] // 1000, each["kind"], each["name"]) for each in kept)  # type: ignore[operator]

    assert told(inside) == told(outside)
    rough = _run(tmp_path / "rough", "sim:", "--set", 'channel.multipath="B"', "--set", "tags[0].chip_clock_ppm=-90000")
    assert [each["ok"] for each in rough if each["kind"] == "finished"] == [True]


def test_the_budget_of_a_reflection() -> None:
    """Free space there and back and the reflection loss; the leak is what isolation leaves of the AP's power."""
    profile, distance_m, power_dbm, figure_db = load_profile(), 0.5, 10.0, 6.0
    channel = Channel(distance_m=distance_m, ap_power_dbm=power_dbm, noise_figure_db=figure_db)
    one_way_db = 20 * math.log10(4 * math.pi * distance_m * profile.uplink.carrier_hz / 299_792_458)
    noise_dbm = 10 * math.log10(1.380649e-23 * 290 * 20e6 * 1000) + figure_db
    down_db, up_db = snrs_db(channel, profile, 1, mono_static=True)
    assert down_db == pytest.approx(power_dbm - one_way_db - noise_dbm, abs=0.01)
    assert up_db == pytest.approx(power_dbm - 2 * one_way_db - 6.0 - noise_dbm, abs=0.01)
    assert leak_db(channel, profile, mono_static=True) == pytest.approx(2 * one_way_db + 6.0 - 20.0, abs=0.01)
    assert leak_db(channel, profile) is None
    assert leak_db(Channel(leak_db=3.0, distance_m=1.0), profile, mono_static=True) == 3.0


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ('security.system="rsna"', "security.system"),
        ("security.amp.nonce_octets=32", "security.amp.nonce_octets"),
        ("ap.downlink_rate_kbps=1000", "ap.downlink_rate_kbps"),
        ("ap.uplink_rate_kbps=250", "ap.uplink_rate_kbps"),
        ("tags[0].carrier_offset_hz=1000", "tags[0].carrier_offset_hz"),
        ("tags[0].chip_clock_ppm=100001", "tags[0].chip_clock_ppm"),
        ("power.incident_dbm=-10", "power.incident_dbm"),
        ("channel.delay_ns=100", "channel.delay_ns"),
        ("channel.carrier_offset_hz=1000", "channel.carrier_offset_hz"),
        ('radio="emu:gr"', "radio"),
    ],
)
def test_what_does_not_go_with_reflection(change: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is refused before anything starts, with its key and the fix."""
    assert main(["run", EXAMPLE, "--set", change]) == 2
    error = capsys.readouterr().err
    assert key in error and "fix:" in error


def test_the_largest_that_fits_is_sent(tmp_path: Path) -> None:
    """The longest nonce, Modifier and reading that are accepted fit the longest PPDU (rule 14)."""
    more = ["--set", "security.amp.nonce_octets=16", "--set", "security.amp.modifier_octets=16"]
    reading = ["--set", f'tags[0].readings=["{37 * "r"}"]', "--set", f'ap.commands=["{52 * "c"}"]']
    events = _run(tmp_path / "large", "sim:", *more, *reading)
    assert [each["ok"] for each in events if each["kind"] == "finished"] == [True]


def test_an_active_tag_s_air_holds_nothing_back() -> None:
    """The delay that band-limited taps bring is told to a mono-static AP alone."""
    assert own_delay_samples(load_experiment(ROOT / "examples" / "demo.toml")) == 0
