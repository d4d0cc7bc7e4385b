"""What a run over radios is refused, told and kept from: addresses, time, channel, entropy, rules, calibration."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ampradio.profile import load_profile
from ampradio.radio.interface import RadioSettings
from ampradio.radio.opening import open_radio
from ampradio.security.entropy import SeededEntropy, SystemEntropy
from flowgraphs.burst_schedule import Burst
from testbed.cli import main
from testbed.experiment import Experiment, ExperimentError, load_experiment
from testbed.experiment.radio_choice import RadioChoice, RadioChoiceError, radio_choice
from testbed.experiment.time_scale import slowness_of
from testbed.runner.radio_bursts import BurstsOf
from testbed.runner.run import run_experiment
from testbed.systems.ends import entropy_for
from tests.conftest import ROOT
from tests.radio.plutos import network

DEMO = ROOT / "examples" / "demo.toml"
AIR = "pluto:ip:192.0.2.1,ip:192.0.2.2"  # addresses for documentation: nobody answers


def demo(radio: str, *overrides: str) -> Experiment:
    return load_experiment(DEMO, radio=radio, overrides=overrides)


@pytest.mark.parametrize(
    ("uri", "choice"),
    [
        ("zmq:", RadioChoice("zmq")),
        ("emu:", RadioChoice("emu", elastic=True)),
        ("emu:wall", RadioChoice("emu")),
        ("emu:loopback", RadioChoice("emu", elastic=True, loopback=True)),
        ("emu:gr", RadioChoice("emu", elastic=True, gnuradio=True)),
        ("emu:ip:127.0.0.1:1,ip:127.0.0.1:2?elastic", RadioChoice("emu", ("ip:127.0.0.1:1", "ip:127.0.0.1:2"), True)),
        ("pluto:ip:192.168.2.1,usb:", RadioChoice("pluto", ("ip:192.168.2.1", "usb:"))),
        ("pluto:usb:1.2.5?loopback", RadioChoice("pluto", ("usb:1.2.5",), loopback=True)),
    ],
)
def test_what_a_uri_means(uri: str, choice: RadioChoice) -> None:
    assert radio_choice(uri) == choice
    assert choice.radiates == (choice.scheme == "pluto" and not choice.loopback)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "file:x",
        "pluto:",
        "pluto:ip:a",
        "pluto:ip:a,ip:b,ip:c",
        "pluto:ip:a,ip:b?loopback",
        "pluto:ip:a,ip:b?elastic",
        "emu:slow",
        "emu:loopback,gr",
        "emu:?what",
    ],
)
def test_a_uri_that_names_no_run_is_told_what_to_write(uri: str) -> None:
    with pytest.raises(RadioChoiceError) as told:
        radio_choice(uri)
    assert told.value.fix


def test_intervals_grow_by_less_than_their_spaces() -> None:
    """No two spaces without a PPDU between: the shortest is a reply of 4 octets, 48 + 4 (32 + 6) µs."""
    profile = load_profile("11bp-2026.09")
    assert slowness_of(profile, 250_000, 250_000, 1) == 1
    assert slowness_of(profile, 250_000, 250_000, 1000) == -(-(200 + 10_000) // (200 + 10))
    experiment = demo("sim:", "time_scale=1000")
    assert experiment.profile.timing.amp_sifs_ns == 10_000_000
    assert experiment.max_air_time_ns == 49 * 1_000_000_000


def test_a_space_too_short_for_the_radio_is_refused_with_a_figure(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="time_scale") as told:
        run_experiment(demo("emu:", "time_scale=100"), out=tmp_path / "run")
    enough = int("".join(each for each in told.value.fix.split("=")[1] if each.isdigit()))
    assert 100 < enough < 1000
    assert run_experiment(demo("emu:", f"time_scale={enough}"), out=tmp_path / "enough").ok


@pytest.mark.parametrize("key", ["adc_bits=13", "leak_drift_db=1"])
def test_what_an_emulated_pluto_or_its_air_cannot_have_is_refused_by_its_key(key: str) -> None:
    with pytest.raises(ExperimentError, match=rf"channel\.{key.split('=')[0]}"):
        demo("emu:", f"channel.{key}")


def test_a_loopback_has_no_air() -> None:
    with pytest.raises(ExperimentError, match="a loopback has no air"):
        demo("emu:loopback", "channel.phase_noise_hz=5")


def test_a_run_over_a_poor_air_and_poor_receivers_comes_through(tmp_path: Path) -> None:
    """All impairments at once, mild: the exchange is whole, and the same seed gives the same run."""
    poor = ("phase_noise_hz=20", "wifi_duty_percent=5", "wifi_power_db=-15", "leak_db=10", "leak_drift_rad=1",
            "agc_step_db=1", "iq_gain_db=0.5", "iq_phase_deg=2", "dc_offset_percent=2", "adc_bits=8")  # fmt: skip
    result = run_experiment(demo("emu:", *(f"channel.{each}" for each in poor)), out=tmp_path / "run")
    assert result.ok


@pytest.mark.parametrize(
    ("override", "key"),
    [("tags[0].carrier_offset_hz=900e3", "carrier_offset_hz"), ("ap.uplink_rate_kbps=1000", "uplink_rate_kbps")],
)
def test_what_four_megasamples_do_not_hold_is_refused(override: str, key: str) -> None:
    with pytest.raises(ExperimentError, match=key):
        demo("emu:", override)


@pytest.mark.parametrize("radio", [AIR, "pluto:usb:,usb:"])
def test_on_air_nonces_come_from_the_operating_system(radio: str) -> None:
    """The seeded source is not used whatever the seed: the same run twice draws other octets."""
    assert isinstance(entropy_for(demo(radio), "ap"), SystemEntropy)
    first, second = (entropy_for(demo(radio), "tag").octets(16) for _ in range(2))
    assert first != second
    for silent in ("emu:", "emu:loopback", "pluto:usb:?loopback", "zmq:", "sim:"):
        assert isinstance(entropy_for(demo(silent), "ap"), SeededEntropy)


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_a_dry_run_tells_every_ppdu_and_opens_no_radio(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Durations are the page's: an Ack 330 µs, a 48-octet reply 48 + 4 (8·48 + 6) µs at 250 kb/s."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a dry run opens a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert main(["run", str(DEMO), "--radio", AIR, "--dry-run", "--json"]) == 0
    told = said(capsys)["dry_run"]
    ppdus = {(each["role"], each["name"], each["octets"]): each for each in told["ppdus"]}
    assert ppdus["ap", "Ack", 4]["duration_ns"] == 330_000 and ppdus["ap", "Ack", 4]["count"] == 6
    assert ppdus["tag", "SEC-RESPONSE", 48]["duration_ns"] == 1_000 * (48 + 4 * (8 * 48 + 6))
    assert {each["role"] for each in told["stations"]} == {"ap", "tag"}
    for each in told["stations"]:
        on_ns = sum(one["on_air_ns"] for one in told["ppdus"] if one["role"] == each["role"])
        assert each["duty"] == pytest.approx(on_ns / told["air_ns"], abs=1e-5)
        assert each["centre_hz"] == 2_437_000_000 and "strictest" in each["allowed"]
    ap = next(each for each in told["stations"] if each["role"] == "ap")
    assert ap["on_power_dbm"] == pytest.approx(7 - 20 - 3, abs=1)  # full scale less attenuation less the crest


def test_what_the_rules_forbid_is_not_sent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for more in (["--dry-run"], ["--out", str(tmp_path / "run")]):
        loud = ["--set", "plutos.ap_tx_attenuation_db=0", "--set", "plutos.antenna_gain_dbi=9"]
        assert main(["run", str(DEMO), "--radio", AIR, "--json", *loud, *more]) == 2
        assert "too much" in said(capsys)["error"]["reason"]
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with network(2) as radios:
        yield f"emu:{','.join(radios.uris)}?elastic"


def test_a_missing_calibration_is_refused_or_told(
    running: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMP_CALIBRATION", str(tmp_path / "none"))
    command = ["run", str(DEMO), "--radio", running, "--json", "-q", "--set", "record.iq=false"]
    for role in ("ap", "tag"):
        command += ["--set", f"plutos.{role}_tx_attenuation_db=10"]
    refused = [*command, "--out", str(tmp_path / "refused"), "--set", 'plutos.calibration="refuse"']
    assert main(refused) == 2
    assert "amp calibrate" in said(capsys)["error"]["fix"]
    assert main([*command, "--out", str(tmp_path / "warned")]) == 0
    facts = json.loads((tmp_path / "warned" / "manifest.json").read_text())["radios"]["calibrations"]
    assert len(facts) == 2 and all("no calibration" in each["warnings"][0] for each in facts)


def test_a_burst_that_comes_too_late_is_counted_and_not_sent() -> None:
    with network(1) as radios:
        radio = open_radio(f"emu:{radios.uris[0]}", block=4096, paced_by_reader=True)
        try:
            radio.configure(RadioSettings(2_437_000_000, 4_000_000, 4_000_000, 30, 10))
            radio.start()
            bursts = BurstsOf(radio, 0.5)
            samples = np.ones(100, np.complex64)
            earliest = radio.earliest()
            assert not bursts.add(Burst(earliest - 1, samples))
            assert bursts.add(Burst(earliest, samples))
            assert radio.losses().late_bursts == 1
        finally:
            radio.close()
