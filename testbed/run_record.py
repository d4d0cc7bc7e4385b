"""What a run folder says of its run, read back: also of one that goes on, or that was killed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from testbed.event_log import EventLogError, read_events
from testbed.runner.names import MANIFEST

EVENTS = "events.jsonl"
EXPERIMENT = "experiment.toml"
PROFILE = "profile.toml"
STATES = ("running", "finished", "interrupted", "failed")


class RunFolderError(Exception):
    """A run folder cannot be made, or is none; ``fix`` says what to do."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(f"{reason}. Fix: {fix}")
        self.reason, self.fix = reason, fix


@dataclass(frozen=True)
class Run:
    """A run folder read back; ``torn`` tells that the last event was cut by a kill."""

    path: Path
    manifest: dict[str, object]
    events: list[dict[str, object]]
    torn: bool

    @property
    def state(self) -> str:
        """``running`` also when the process was killed: nothing was left to say otherwise."""
        return str(self.manifest.get("state"))


def read_run(path: Path) -> Run:
    """Return the run of a folder; raises RunFolderError."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        fix = "name a folder that `amp run` or `amp demo` made"
        raise RunFolderError(f"{path} is no run folder ({MANIFEST}: {error.strerror})", fix) from None
    except ValueError as error:
        raise RunFolderError(f"{path / MANIFEST} is not JSON: {error}", "restore it, or run again") from None
    if not isinstance(manifest, dict) or manifest.get("state") not in STATES:
        raise RunFolderError(f"{path / MANIFEST} is no manifest of a run", "restore it, or run again")
    try:
        events, torn = read_events(path / EVENTS) if (path / EVENTS).exists() else ([], False)
    except EventLogError as error:
        raise RunFolderError(error.reason, error.fix) from None
    return Run(path, manifest, events, torn)
