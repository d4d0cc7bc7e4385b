"""Each of the five systems as its example has it: over GNU Radio and ZMQ, and over sim:."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed.experiment import load_experiment
from testbed.runner.run import run_experiment
from tests.conftest import ROOT

EXAMPLES = {"amp": "demo", "provisioning": "provisioning", "aiot": "aiot", "rsna": "rsna", "handover": "handover"}


@pytest.mark.parametrize("radio", ["zmq:", "sim:"])
@pytest.mark.parametrize("system", EXAMPLES)
def test_commands_and_readings_cross_the_air(system: str, radio: str, tmp_path: Path) -> None:
    """All five end to end, by the name in the experiment file; the run folder says which one and which variant."""
    experiment = load_experiment(ROOT / "examples" / f"{EXAMPLES[system]}.toml", radio=radio)
    assert experiment.security.system == system
    summary = run_experiment(experiment, out=tmp_path / "run")
    assert summary.ok, summary.reason
    assert summary.readings == len(experiment.tags[0].readings)
    assert summary.commands == len(experiment.ap.commands)
    assert summary.handshakes
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["systems"] == [system]
    assert manifest["security"]["variant"]
