"""`amp compare` on two systems: figures of the protocols page, curves that rise, any number of workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed.cli import main
from testbed.compare.columns import suspects_of
from testbed.compare.completion import against_power, against_snr
from testbed.compare.costs import costs_of
from testbed.experiment import ExperimentError
from tests.conftest import ROOT

EXAMPLE = ROOT / "examples/compare.toml"
BY_LABEL = {suspect.label: suspect for suspect in suspects_of(EXAMPLE, ())}


def test_octets_are_those_of_table_8_1() -> None:
    """Two rounds: S1 three-frame 39 + 19 + n down, 34 + n up; S3-H 33 + 43 + n down, 34 + 35 + n up."""
    amp, aiot = (costs_of(EXAMPLE, BY_LABEL[label], 1) for label in ("S1-3f", "S3-H"))
    assert amp.ok and aiot.ok
    assert amp.octets == {"downlink": 2 * (39 + 19) + 6 + 7, "uplink": 2 * (34 + 7)}
    assert aiot.octets == {"downlink": 2 * (33 + 43) + 6 + 7, "uplink": 2 * (34 + 35 + 7)}


def test_primitives_are_those_of_table_8_3() -> None:
    """S1 three-frame: 4 + 5 SHA-256 compressions a round, no NVM row; X25519 nowhere."""
    costs = costs_of(EXAMPLE, BY_LABEL["S1-3f"], 1)
    assert costs.primitives["sha256"] == 2 * 9
    assert "nvm_row" not in costs.primitives and "x25519" not in costs.primitives
    assert costs.energy_j["tx"] > costs.energy_j["sha256"] > 0


@pytest.mark.parametrize("label", ["S1-3f", "S2-A"])
def test_more_signal_and_more_power_help(label: str) -> None:
    suspect = BY_LABEL[label]
    weak, strong = (against_snr(EXAMPLE, suspect, snr_db, 4).completed for snr_db in (-6.0, 6.0))
    assert (weak, strong) == (0, 4)
    dark, bright = (against_power(EXAMPLE, suspect, dbm, 4).completed for dbm in (-40.0, -8.0))
    assert dark < bright == 4


def test_the_number_of_workers_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """cli.md: `systems` and `matrix`; a page, CSV, JSON and pictures beside each other."""
    documents = []
    for workers in ("1", "2"):
        folder = tmp_path / workers
        options = ["--set", 'compare.systems=["S1-2f", "S3-H"]', "--set", "compare.runs=2"]
        points = ["--set", "compare.attacks=false", "--set", "compare.snr_db=[0.0]"]
        points += ["--set", "compare.incident_dbm=[-15.0]"]
        arguments = ["compare", str(EXAMPLE), "--workers", workers, "--out", str(folder), "--json", "-q"]
        assert main([*arguments, *options, *points]) == 0
        documents.append((folder / "compare.json").read_bytes())
        assert set(json.loads(capsys.readouterr().out)["systems"]) == {"S1-2f", "S3-H"}
    assert documents[0] == documents[1]
    names = {path.name for path in (tmp_path / "1").iterdir()}
    assert names >= {"compare.html", "compare.csv", "compare.json", "energy.svg", "energy.png", "completion-snr.svg"}
    page = (tmp_path / "1" / "compare.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    assert "src=" not in page
    assert (tmp_path / "1" / "compare.csv").read_text().startswith("figure,S1-2f,S3-H\n")


def test_a_system_that_is_none() -> None:
    with pytest.raises(ExperimentError, match="S9"):
        suspects_of(EXAMPLE, ("S9",))
