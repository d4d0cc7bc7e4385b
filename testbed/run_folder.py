"""A run folder explains itself: manifest, experiment, events, recordings, results; readable whenever the run ends."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType

from testbed.atomic_file import write_atomically
from testbed.event_log import EventLog
from testbed.experiment.plan import Experiment
from testbed.experiment.systems import variant_of
from testbed.results.parquet import write_run
from testbed.run_record import EVENTS, EXPERIMENT, PROFILE, RunFolderError, read_run
from testbed.runner.names import MANIFEST
from testbed.versions import commit, versions

SCHEMA = 1


def utc_now() -> str:
    """Return this moment as folders and manifests write it."""
    return datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def new_folder(name: str, out: Path | None, root: Path) -> Path:
    """Make ``root/<UTC time>-<name>/``, or take an empty ``out``; raises RunFolderError."""
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            if any(out.iterdir()):
                raise RunFolderError(f"{out} is not empty", "give --out a new or an empty folder")
            return out
        stem = f"{utc_now()}-{re.sub(r'[^A-Za-z0-9._-]+', '-', name)[:64]}"
        for number in range(1, 1000):
            path = root / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                if not path.is_dir():
                    raise
                continue
            return path
    except OSError as error:
        raise RunFolderError(
            f"no run folder can be made at {out or root}: {error.strerror}", "choose another with --out"
        ) from None
    raise RunFolderError(f"{root} holds a thousand runs of this second", "give --out")


class RunFolder:
    """One run's folder while it is written. Use as a context manager: an exception leaves it ``failed``."""

    def __init__(self, path: Path, manifest: dict[str, object]) -> None:
        self.path = path
        self.manifest = manifest
        self._write()
        self.events = EventLog(path / EVENTS)

    @classmethod
    def create(cls, experiment: Experiment, *, out: Path | None = None, root: Path = Path("runs")) -> RunFolder:
        """Make ``root/<UTC time>-<name>/``, or ``out``, with a manifest in state ``running``; raises RunFolderError."""
        path = new_folder(experiment.name, out, root)
        (path / EXPERIMENT).write_text(experiment.text, encoding="utf-8")
        own = Path(experiment.profile_source)
        if own.is_file():
            # A recording made with numbers of the user's own is read with them, wherever the folder goes.
            (path / PROFILE).write_bytes(own.read_bytes())
        manifest: dict[str, object] = {
            "schema": SCHEMA,
            "name": experiment.name,
            "state": "running",
            "ok": None,
            "wall_started": utc_now(),
            "experiment": experiment.to_manifest(),
            "experiment_sha256": experiment.sha256,
            "seeds": {"run": experiment.seed},
            "profile": experiment.profile.name,
            "profile_source": experiment.profile_source,
            "placeholders": [entry.key for entry in experiment.profile.placeholders()],
            "radio": experiment.radio,
            "systems": [experiment.security.system],
            "variant": variant_of(experiment.security),
            "versions": versions(),
            "commit": commit(),
        }
        return cls(path, manifest)

    def record_base(self, node: str) -> Path:
        """Return the path of ``node``'s recording without its extension."""
        return self.path / node

    def note(self, **facts: object) -> None:
        """Add facts to the manifest."""
        self.manifest |= facts
        self._write()

    def finish(self, ok: bool, **facts: object) -> None:
        """State ``finished``, with whether what was asked for held."""
        self._end("finished", ok, facts)

    def interrupt(self) -> None:
        """State ``interrupted``."""
        self._end("interrupted", False, {})

    def fail(self, reason: str) -> None:
        """State ``failed``, with the reason."""
        self._end("failed", False, {"reason": reason})

    def _end(self, state: str, ok: bool, facts: Mapping[str, object]) -> None:
        self.events.close()
        self.manifest |= {**facts, "state": state, "ok": ok, "wall_ended": utc_now()}
        self._write()
        self._write_results()

    def _write_results(self) -> None:
        try:
            write_run(read_run(self.path))
        except (OSError, ValueError, RunFolderError) as error:  # `amp results` reads manifest and events instead
            logging.getLogger(__name__).warning("%s: no results.parquet: %s", self.path, error)

    def _write(self) -> None:
        write_atomically(self.path / MANIFEST, json.dumps(self.manifest, indent=2, ensure_ascii=False) + "\n")

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.manifest["state"] != "running":
            return
        if isinstance(error, KeyboardInterrupt):
            self.interrupt()
        else:
            self.fail(f"{type(error).__name__}: {error}" if error else "ended without a result")
