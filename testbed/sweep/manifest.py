"""What a sweep's folder says of itself: what was asked for, how it ended, and its table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from testbed.run_record import STATES
from testbed.sweep.error import SweepError

SWEEP = "sweep.json"


def read_sweep(path: Path) -> Mapping[str, object]:
    """Return the manifest of a sweep's folder; raises SweepError."""
    manifest = manifest_of(path)
    if not manifest:
        raise SweepError(f"{path} is no folder of a sweep ({SWEEP} is not there)", "name one that `amp sweep` made")
    return manifest


def manifest_of(path: Path) -> dict[str, object]:
    """Return the manifest, empty when there is none; raises SweepError."""
    try:
        manifest = json.loads((path / SWEEP).read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise SweepError(f"{path / SWEEP} is not JSON: {error}", "restore it, or give another --out") from None
    if not isinstance(manifest, dict) or manifest.get("state") not in STATES:
        raise SweepError(f"{path / SWEEP} is no manifest of a sweep", "restore it, or give another --out")
    return manifest
