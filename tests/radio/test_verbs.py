"""`amp emulate` and `amp devices` as people and scripts use them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ampradio.radio.emulator.air_file import AirFileError, air_of
from testbed.cli import main
from tests.conftest import ROOT
from tests.radio.plutos import network

AMP = [sys.executable, "-m", "testbed.cli"]


@pytest.fixture
def emulate(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    air = tmp_path / "air.toml"
    air.write_text("path_loss_db = 70\ncarrier_ppm = [1.5, -2]\nseed = 3\n")
    process = subprocess.Popen(
        [*AMP, "emulate", "--plutos", "2", "--port", "0", "--air", str(air), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_emulate_answers_at_once_and_ends_when_interrupted(
    emulate: subprocess.Popen[str], number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    assert emulate.stdout is not None
    uris = json.loads(emulate.stdout.readline())["uris"]
    assert len(set(uris)) == 2
    assert main(["devices", *uris, "--json"]) == 0
    devices = json.loads(capsys.readouterr().out)["devices"]
    assert [each["uri"] for each in devices] == uris
    assert [each["serial"] for each in devices] == ["emulated0000", "emulated0001"]
    emulate.send_signal(number)
    out, err = emulate.communicate(timeout=60)
    assert (emulate.returncode, out, err) == (130, "", "amp: interrupted\n")
    assert main(["devices", uris[0], "--json"]) == 1
    assert list(json.loads(capsys.readouterr().out)["silent"]) == [uris[0]]


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with network() as radios:
        assert main(["emulate", "--port", radios.uris[0].rpartition(":")[2]]) == 3
    assert "--port 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--plutos", "0"], "1 to 16"),
        (["--plutos", "17"], "1 to 16"),
        (["--port", "65536"], "no port"),
        (["--air", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_callers_mistakes(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulate", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"path_los_db": 3}, "path_loss_db"),
        ({"path_loss_db": "far"}, "0 to 200"),
        ({"path_loss_db": float("nan")}, "0 to 200"),
        ({"leak_db": -1}, "0 to 200"),
        ({"seed": 1.5}, "seed"),
        ({"noise_figure_db": True}, "noise_figure_db"),
        ({"carrier_ppm": 3}, "list"),
        ({"carrier_ppm": [1000]}, "-100 to 100"),
    ],
)
def test_an_air_file_with_a_mistake_names_it(table: dict[str, object], said: str) -> None:
    with pytest.raises(AirFileError, match=said):
        air_of(table)


@pytest.mark.parametrize("seconds", ["nan", "-1", "inf"])
def test_devices_does_not_wait_for_ever(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "ip:127.0.0.1:1", "--wait-s", seconds]) == 2
    assert "3600" in capsys.readouterr().err


def test_devices_asks_where_radios_usually_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    assert capsys.readouterr().out
