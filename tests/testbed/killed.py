"""A process that is killed while it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.conftest import ROOT


def kill_once_written(script: str) -> None:
    """Run a Python ``script`` until it has printed ``written``, and end it there with kill -9."""
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT, env=dict(os.environ))
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"written\n"
        os.kill(child.pid, signal.SIGKILL)
        child.wait(10)
