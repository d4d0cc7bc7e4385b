"""The machine a check looks at, what it finds, and how an interpreter is asked what it has.

What a package is, is asked of the interpreter in question in a process of its own: a module that crashes when it is
imported is a finding, not our crash. Nothing but Python's own library is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

OK, WARN, FAIL = "ok", "warn", "fail"
APT = "sudo apt-get install -y --no-install-recommends"
SET_UP_AGAIN = "rm -rf .venv && make setup"
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Check:
    """One finding: ``status`` is ok, warn (something works less) or fail; ``why`` it matters; ``fix`` a command."""

    name: str
    status: str
    found: str
    why: str
    fix: str = ""


@dataclass(frozen=True)
class Machine:
    """Where the doctor looks; the defaults are this very process's."""

    python: str = sys.executable
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    root: Path = Path("/")
    runs: Path = Path("runs")
    libiio: str = "libiio.so.0"
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)


@dataclass(frozen=True)
class Asked:
    """What an interpreter answered: what it printed as JSON, or why it could not."""

    answer: dict[str, str]
    error: str


def ask(machine: Machine, code: str) -> Asked:
    """Run ``code``, which prints one JSON object, in the machine's Python and return what it said."""
    try:
        done = subprocess.run(
            [machine.python, "-c", code],
            env=dict(machine.environment),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Asked({}, str(error))
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode == 0 and lines:
        return Asked(json.loads(lines[-1]), "")
    last = (done.stderr.strip() or "no message").splitlines()[-1]
    return Asked({}, last if done.returncode > 0 else f"the process died of signal {-done.returncode}: {last}")


def imported(machine: Machine, module: str, version: str = "") -> Asked:
    """Import ``module`` in the machine's Python; the answer holds ``version`` (an expression) and ``file``."""
    expression = version or f"getattr({module}, '__version__', '')"
    return ask(
        machine,
        f"import json, {module}\n"
        f"print(json.dumps({{'version': str({expression}), 'file': str(getattr({module}, '__file__', ''))}}))",
    )


def version_of(text: str) -> tuple[int, ...]:
    """Return the numbers of a version text, for comparison; empty when there are none."""
    parts = text.split(".")
    return tuple(int(part) for part in parts[:3] if part.isdigit())


def is_absent(asked: Asked, module: str) -> bool:
    """Return True when the import failed because ``module`` is not installed, False when it is there and broken."""
    return f"No module named '{module}'" in asked.error
