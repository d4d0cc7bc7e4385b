"""Where benches leave their figures: ``bench/out/NAME.json``, with the machine that they were measured on."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

FOLDER = Path("bench/out")


def machine() -> dict[str, Any]:
    """Return what tells one machine from another."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}


def write_figures(name: str, figures: Any, with_machine: bool = True) -> Path:
    """Write ``figures`` and return the path; the machine goes beside an object, not into a list."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if with_machine and isinstance(figures, dict):
        figures = {**figures, "machine": machine()}
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(figures, indent=2) + "\n")
    return path
