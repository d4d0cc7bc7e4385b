"""A sweep's folder: what was asked for, a journal of every run, and the table; readable whenever the sweep ends."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from testbed.atomic_file import write_atomically
from testbed.event_log import EventLog, event_line, read_events
from testbed.experiment import Experiment
from testbed.results.parquet import RESULTS, write_points
from testbed.run_folder import new_folder, utc_now
from testbed.run_record import EXPERIMENT, PROFILE
from testbed.sweep.axes import Axis
from testbed.sweep.error import SweepError
from testbed.sweep.manifest import SWEEP, manifest_of
from testbed.sweep.table import as_csv
from testbed.sweep.work import Outcome
from testbed.versions import commit, versions

JOURNAL = "journal.jsonl"
TABLE = "points.csv"
SCHEMA = 1


def asked_for(experiment: Experiment, axes: Sequence[Axis]) -> dict[str, object]:
    """Return what makes a sweep this one: nothing of it may change when it is continued."""
    own = Path(experiment.profile_source)
    resolved = json.dumps(experiment.to_manifest(), sort_keys=True).encode()
    return {
        "name": experiment.name,
        "experiment_sha256": experiment.sha256,
        "resolved_sha256": hashlib.sha256(resolved).hexdigest(),  # also of what files beside it say
        "profile": experiment.profile.name,
        "profile_sha256": hashlib.sha256(own.read_bytes()).hexdigest() if own.is_file() else None,
        "overrides": list(experiment.overrides),
        "seed": experiment.seed,
        "over": [{"key": axis.key, "values": list(axis.values)} for axis in axes],
    }


class SweepFolder:
    """A new folder, or one of the same sweep that is continued. Use as a context manager."""

    def __init__(self, path: Path, experiment: Experiment, axes: Sequence[Axis], **limits: int) -> None:
        """Open ``path``, which is empty or holds this sweep; raises SweepError, RunFolderError and EventLogError."""
        self.path = path
        self._lock = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            fix = "wait for it, or give another --out"
            raise SweepError(f"{path} is being written by another sweep", fix) from None
        try:
            self._begin(experiment, axes, limits)
        except BaseException:
            os.close(self._lock)
            raise

    @classmethod
    def open(cls, experiment: Experiment, axes: Sequence[Axis], out: Path | None, **limits: int) -> SweepFolder:
        """Return ``out``, new or continued, or a new folder below ``runs/``."""
        if out is not None and (out / SWEEP).is_file():
            return cls(out, experiment, axes, **limits)
        return cls(new_folder(experiment.name, out, Path("runs")), experiment, axes, **limits)

    def keep(self, outcome: Outcome) -> None:
        """Write one outcome to the journal."""
        self._journal.write(msgspec.to_builtins(outcome))

    def end(self, state: str, rows: Sequence[dict[str, object]]) -> None:
        """Write the table so far, and how the sweep ended."""
        self.manifest |= {"state": state, "wall_ended": utc_now(), "points": list(rows)}
        write_atomically(self.path / TABLE, as_csv(rows))
        self._write()
        write_points(self.path / RESULTS, rows)

    def _begin(self, experiment: Experiment, axes: Sequence[Axis], limits: Mapping[str, int]) -> None:
        path, asked = self.path, asked_for(experiment, axes)
        old = manifest_of(path)
        self.made_by = commit()
        self.made_before_by = old.get("commit", self.made_by)
        for key, value in asked.items():
            if old and old.get(key) != value:
                reason = f"{path} holds another sweep: its {key} is {old.get(key)!r}, not {value!r}"
                raise SweepError(reason, "ask for the same as then, or give another --out")
        self.outcomes = _outcomes(path / JOURNAL)
        self._journal = EventLog(path / JOURNAL)
        self.manifest: dict[str, object] = {
            "schema": SCHEMA,
            "state": "running",
            **asked,
            **limits,
            "wall_started": old.get("wall_started", utc_now()),
            "experiment": experiment.to_manifest(),
            "placeholders": [entry.key for entry in experiment.profile.placeholders()],
            "versions": versions(),
            "commit": self.made_by,
            "points": [],
        }
        if not old:
            (path / EXPERIMENT).write_text(experiment.text, encoding="utf-8")
            own = Path(experiment.profile_source)
            if own.is_file():
                (path / PROFILE).write_bytes(own.read_bytes())
        self._write()

    def _write(self) -> None:
        write_atomically(self.path / SWEEP, json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")

    def __enter__(self) -> SweepFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._journal.close()
        os.close(self._lock)


def _outcomes(path: Path) -> tuple[Outcome, ...]:
    """Return what a journal holds, and leave it without the line that a kill tore."""
    if not path.exists():
        return ()
    events, _ = read_events(path)
    try:
        outcomes = tuple(msgspec.convert(event, Outcome) for event in events)
    except msgspec.ValidationError as error:
        raise SweepError(f"{path} is no journal of a sweep: {error}", "restore it, or give another --out") from None
    write_atomically(path, _text(events))
    return outcomes


def _text(events: Iterable[Mapping[str, object]]) -> str:
    return "".join(event_line(event) + "\n" for event in events)
