"""A process of a run that says something while nobody expects it yet."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from testbed.runner.errors import RunError
from testbed.runner.processes import NodeProcess

SAYS = """
import sys
print('O{"state": "nothing"}')
print('{"state": "stopped", "samples": 7}', flush=True)
sys.stdin.read()
print('{"state": "error", "reason": "it was too late"}', flush=True)
"""


class Config(msgspec.Struct, frozen=True):
    role: str = "tag"


def test_what_is_said_early_is_there_when_it_is_expected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking whether a process lives takes nothing away; an error is told to whoever looks."""
    (tmp_path / "says.py").write_text(SAYS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process, end = NodeProcess(Config(), tmp_path, tmp_path, "says"), time.monotonic() + 30
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
