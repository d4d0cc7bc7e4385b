"""`amp calibrate` against radios whose truth is known: what is measured, kept, and refused later."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from ampradio.radio.emulator.air import FlatAir
from ampradio.radio.emulator.network import boards
from ampradio.radio.interface import RadioIdentity, RadioSettings
from ampradio.radio.opening import open_radio
from testbed.cli import main
from testbed.radios.calibrate import ToneSource, calibrate
from testbed.radios.calibration import (
    Calibration,
    CalibrationError,
    calibration_path,
    consult,
    load_calibration,
    store,
)
from testbed.regulatory.transmission import Transmission
from tests.radio.plutos import network
from tests.radio.test_driver import noise

GROUP_DELAY = 32  # of the emulated air's filter, 65 taps long, where it cuts the sampled band
IDENTITY = RadioIdentity("pluto:usb:", "PlutoSDR", "1044", "v0.38", False)
KEPT = Calibration(
    "1044",
    "PlutoSDR",
    "v0.38",
    "2026-10-01T00:00:00+00:00",
    "2026-11-01T00:00:00+00:00",
    2_437_000_000,
    4_000_000,
    3_000_000,
    32.25,
    0.1,
    47.0,
    ((0.0, 40.0), (70.0, 3.1)),
    ((30.0, 0.0), (35.0, -0.2)),
    1.5,
    "radio 1045",
)
IN_TIME = datetime(2026, 10, 20, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def measured_one() -> tuple[Calibration, int, list[str]]:
    """A calibration in elastic time, and where a burst placed with its delay was heard, less where it should be."""
    told: list[str] = []
    with network(boards(2, 6.0, [3.0, -1.0]), air=FlatAir(path_loss_db=55, leak_db=47)) as two:
        settings = RadioSettings(2_437_000_000, 4_000_000, 2_000_000, 0.0, 30.0)
        radio, other = (open_radio(uri, paced_by_reader=True) for uri in two.uris)
        other.configure(replace(settings, tx_attenuation_db=0.0))
        found = calibrate(radio, settings, ToneSource("the other", other), valid_days=7, tell=told.append)
        radio.close()
        delay = found.whole_delay_samples
        with open_radio(two.uris[0], paced_by_reader=True, delay_samples=delay) as radio:
            radio.configure(replace(settings, tx_attenuation_db=0.0, rx_gain_db=40.0))
            radio.start()
            at = radio.earliest() + 1000
            sent = noise(2000, 1)
            radio.burst(sent, at)
            blocks = [radio.receive()]
            while blocks[-1].end < at + sent.size + 100:
                blocks.append(radio.receive())
            heard = np.concatenate([block.samples for block in blocks])
            heard_at = blocks[0].first + int(abs(np.correlate(heard, sent)).argmax())
        other.close()
    return found, heard_at - at, told


def test_it_finds_the_truth_of_the_emulated_radio(measured_one: tuple[Calibration, int, list[str]]) -> None:
    found, _, told = measured_one
    assert found.tx_leak_db == pytest.approx(47.0, abs=0.3)
    assert found.carrier_ppm == pytest.approx(3.0 - -1.0, abs=0.01)
    assert found.noise[-1][1] == pytest.approx(6.0, abs=0.3)  # at 70 dB the converter's own noise is nothing
    assert found.delay_samples == pytest.approx(GROUP_DELAY, abs=0.1) and found.delay_spread_samples < 0.2
    assert len(found.gain_steps) >= 4 and all(abs(error) < 0.1 for _, error in found.gain_steps)
    assert (found.serial, found.rate_sps, found.bandwidth_hz) == ("emulated0000", 4_000_000, 2_000_000)
    assert datetime.fromisoformat(found.expires_utc) - datetime.fromisoformat(found.measured_utc) == timedelta(days=7)
    assert any("4.000 ppm" in line for line in told)


def test_a_burst_placed_with_the_delay_is_heard_where_it_was_asked_for(
    measured_one: tuple[Calibration, int, list[str]],
) -> None:
    assert measured_one[1] == 0


def test_the_verb_keeps_it_by_serial_and_the_manifest_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMP_CALIBRATION", str(tmp_path / "kept"))
    with network(2, elastic=False) as two:
        first, second = (f"emu:{uri}" for uri in two.uris)
        options = ["--rate-sps", "1000000", "--json", "--quiet"]
        assert main(["calibrate", first, "--dry-run", *options]) == 0
        assert json.loads(capsys.readouterr().out)["calibration"] is None
        assert main(["calibrate", first, "--reference", second, *options]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["path"] == str(tmp_path / "kept" / "emulated0000.json")
        assert document["guard"][0]["radiates"] is False
        with open_radio(first) as radio:
            consulted = consult(radio.identity, 2_437_000_000, "refuse")
    assert consulted.calibration is not None and not consulted.warnings
    assert consulted.as_facts()["calibration"] == document["calibration"] | {
        name: tuple(tuple(pair) for pair in document["calibration"][name]) for name in ("noise", "gain_steps")
    }
    assert consulted.carrier_ppm == pytest.approx(0.0, abs=0.01)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    path = calibration_path("../10:44", tmp_path)
    assert path.parent == tmp_path
    store(KEPT, path)
    assert load_calibration(path) == KEPT


@pytest.mark.parametrize(
    ("change", "centre_hz", "now", "said", "used"),
    [
        ({}, 2_437_000_000, datetime(2026, 11, 1, tzinfo=timezone.utc), "expired 2026-11-01", True),
        ({"serial": "9"}, 2_437_000_000, IN_TIME, "of radio 9, not 1044", False),
        ({"firmware": "v0.39"}, 2_437_000_000, IN_TIME, "firmware v0.39, now v0.38", True),
        ({}, 915_500_000, IN_TIME, "not near 915.5 MHz", True),
    ],
)
def test_doubts_are_refused_or_told_as_configured(
    change: dict[str, str], centre_hz: int, now: datetime, said: str, used: bool, tmp_path: Path
) -> None:
    path = calibration_path("1044", tmp_path)
    store(replace(KEPT, **change), path)  # type: ignore[arg-type]
    with pytest.raises(CalibrationError, match=said) as caught:
        consult(IDENTITY, centre_hz, "refuse", path=path, now=now)
    assert "amp calibrate" in caught.value.fix
    told = consult(IDENTITY, centre_hz, "warn", path=path, now=now)
    assert said in told.warnings[0] and (told.calibration is not None) == used
    assert consult(IDENTITY, centre_hz, "ignore", path=path, now=now).calibration is None


def test_a_calibration_without_doubts_is_used_at_its_rate_only(tmp_path: Path) -> None:
    path = calibration_path("1044", tmp_path)
    store(KEPT, path)
    found = consult(IDENTITY, 2_437_000_000, "refuse", path=path, now=IN_TIME)
    assert not found.warnings and found.carrier_ppm == 1.5
    assert found.delay_samples(4_000_000, 3_000_000) == 32
    assert found.delay_samples(2_000_000, 3_000_000) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[]", "no calibration"),
        ('{"format": 9}', "format 9"),
        ('{"format": 1, "serial": "a"}', "missing"),
        ('{"format": 1, "secret": 1}', "unknown keys"),
        ('{"format": 1, "rate_sps": 1.5}', "rate_sps"),
        ('{"format": 1, "noise": [[1, NaN]]}', "noise"),
    ],
)
def test_a_file_that_is_no_calibration(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "1044.json"
    with pytest.raises(CalibrationError, match="there is no calibration"):
        consult(IDENTITY, 2_437_000_000, "refuse", path=path)
    assert consult(IDENTITY, 2_437_000_000, "warn", path=path).warnings
    path.write_text(text)
    with pytest.raises(CalibrationError, match=said):
        consult(IDENTITY, 2_437_000_000, "refuse", path=path)
    assert said in consult(IDENTITY, 2_437_000_000, "warn", path=path).warnings[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--valid-days", "0"], "3650"),
        (["--reference", "emu:", "--tone-hz", "2.437e9"], "one of them"),
        (["--tone-hz", "1e9"], "within the sampled band"),
        (["--loopback"], "nothing to calibrate"),
        (["--region", "mars"], "no region"),
        (["--centre-hz", "nan"], "no number"),
    ],
)
def test_callers_mistakes(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "emu:ip:127.0.0.1:1", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_real_radio_is_not_made_to_radiate_against_the_rules(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with network(1) as one:
        about = one.plutos[0].context_attributes()
        monkeypatch.setattr(one.plutos[0], "context_attributes", lambda: {**about, "hw_serial": "1044"})
        assert main(["calibrate", f"pluto:{one.uris[0]}", "--attenuation-db", "0"]) == 2
        assert "strictest" in capsys.readouterr().err
        assert one.plutos[0].playback is None
    assert Transmission(2.437e9, 4e6, 0.0, 0.0, 2.0, 1.0, None).eirp_dbm == 12.0
