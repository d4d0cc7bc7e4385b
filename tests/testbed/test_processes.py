"""Processes of a run: one that speaks early, one that is slow to start, and loops compiled before others wait."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from testbed.experiment.load import load_experiment
from testbed.node_config import NodeConfig
from testbed.runner import zmq_run
from testbed.runner.errors import RunError
from testbed.runner.processes import NodeProcess
from testbed.runner.run import run_experiment
from tests.conftest import ROOT

SAYS = """
import sys
print('O{"state": "nothing"}')
print('{"state": "stopped", "samples": 7}', flush=True)
sys.stdin.read()
print('{"state": "error", "reason": "it was too late"}', flush=True)
"""
COMPILES = """
import sys, time
for word in 4 * ("compiled",) + ("ready",):
    time.sleep(0.5)
    print('{"state": "%s", "module": "some_loops"}' % word, flush=True)
sys.stdin.read()
"""
PATIENCE_S = 1.5
SLOW = f"""
import sys, time
from pathlib import Path
from testbed.node import main
while not (Path(sys.argv[1]).parent / "ap-sap").exists():
    time.sleep(0.01)
time.sleep({PATIENCE_S} + 0.5)
main()
"""
USED = """
import sys
from ampradio.profile import load_profile
from ampradio import accelerator
from testbed.runner.warm_up import warm_up_ap, warm_up_tag
profile = load_profile()
down, up = profile.downlink, profile.uplink
loaded = lambda: {name for name in sys.modules if name.endswith(("_loop", "_loops"))}
for rate_bps in (down.rate_low_bps, down.rate_high_bps):
    warm_up_tag(profile, 20_000_000, rate_bps)
used, prepared = loaded(), set(accelerator.prepare_for("ampradio.phy.tag_receiver"))
assert used and used <= prepared, used - prepared
assert not any("uplink" in name or "viterbi" in name for name in prepared), prepared
before = loaded()
for rate_bps in (up.rate_low_bps, up.rate_mid_bps):
    warm_up_ap(profile, 20_000_000, rate_bps)
used, prepared = loaded() - before, set(accelerator.prepare_for("ampradio.phy.ap_receiver"))
assert used and used <= prepared, used - prepared
assert not any("envelope" in name for name in prepared), prepared
"""


class Config(msgspec.Struct, frozen=True):
    role: str = "tag"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Make a program that a run may start, and return its name."""

    def make(source: str) -> str:
        (tmp_path / "program.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
        return "program"

    return make


def test_what_is_said_early_is_there_when_it_is_expected(tmp_path: Path, program: Callable[[str], str]) -> None:
    """Looking whether a process lives takes nothing away; an error is told to whoever looks."""
    process, end = NodeProcess(Config(), tmp_path, tmp_path, program(SAYS)), time.monotonic() + 30
    try:
        while process._said.empty() and time.monotonic() < end:
            time.sleep(0.01)
        process.check()
        process.check()
        assert process.expect("stopped", 10) == {"state": "stopped", "samples": 7}
        process.end()
        with pytest.raises(RunError, match="it was too late"):
            while time.monotonic() < end:
                process.check()
    finally:
        process.end()
        process.reap()


def test_who_compiles_is_waited_for_and_named(
    tmp_path: Path, program: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each word of a process that starts renews the patience with it; the user hears once why nothing happens."""
    caplog.set_level(logging.WARNING)
    process = NodeProcess(Config(), tmp_path, tmp_path, program(COMPILES))
    try:
        assert process._said.get(timeout=30)["state"] == "compiled"  # type: ignore[index]
        process.expect("ready", PATIENCE_S)
    finally:
        process.end()
        process.reap()
    (told,) = caplog.messages
    assert "the tag process compiles" in told


def test_a_process_that_is_slow_to_start_is_waited_for_by_those_that_are_not(
    tmp_path: Path, program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The AP's PHY is ready at once, the tag's only after the AP's would have given up a MAC that says nothing."""
    slow = program(SLOW)

    def started(config: NodeConfig, folder: Path, log_folder: Path) -> NodeProcess:
        return NodeProcess(config, folder, log_folder, slow if config.role == "tag" else "testbed.node")

    monkeypatch.setattr(zmq_run, "NodeConfig", partial(NodeConfig, patience_s=PATIENCE_S))
    monkeypatch.setattr(zmq_run, "NodeProcess", started)
    experiment = load_experiment(ROOT / "examples" / "minimal.toml", radio="zmq:")
    assert run_experiment(experiment, out=tmp_path / "run").ok


def test_what_is_compiled_beforehand_is_what_a_receiver_calls() -> None:
    """Every loop that a frame needs, at every rate, and none of the other direction's: they take half a minute."""
    done = subprocess.run([sys.executable, "-c", USED], cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
