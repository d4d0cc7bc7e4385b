"""The run that is meant where none is named: the newest one."""

from __future__ import annotations

from pathlib import Path

from testbed.exits import CallerMistake

RUNS = Path("runs")
MANIFEST = "manifest.json"


def newest_run() -> Path:
    """Return the folder below ``runs/`` whose run was begun or ended last; raises CallerMistake when there is none."""
    found = [(path.stat().st_mtime_ns, path.parent) for path in RUNS.glob(f"*/{MANIFEST}")]
    if not found:
        raise CallerMistake("no run is named, and there is none in runs/", "name one, or make one: amp demo")
    return max(found)[1]
