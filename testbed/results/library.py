"""All runs and sweeps below some folders, as the tables ``runs``, ``frames``, ``events`` and ``points`` of a database.

The database lives in memory and, once filled, reaches no file: a question cannot change or fetch anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from testbed.event_log import EventLogError
from testbed.results.columns import EVENT, FRAME, POINT, RUN, RUN_FILE
from testbed.results.error import ResultsError
from testbed.results.parquet import RESULTS, as_relation, quoted
from testbed.results.rows import row_of, rows_of_points
from testbed.run_archive import ZIP, opened
from testbed.run_record import RunFolderError, read_run
from testbed.runner.names import MANIFEST
from testbed.sweep.error import SweepError
from testbed.sweep.manifest import SWEEP, read_sweep

TABLES = {
    "runs": {"folder": "VARCHAR", **RUN},
    "frames": {"folder": "VARCHAR", **FRAME},
    "events": {"folder": "VARCHAR", **EVENT},
    "points": {"folder": "VARCHAR", "sweep": "VARCHAR", **POINT},
}
DEPTH = 3
"""How far below a folder runs are looked for."""
_BAD = (duckdb.Error, RunFolderError, SweepError, EventLogError, OSError, ValueError, TypeError)


@dataclass(frozen=True)
class Answer:
    """What a question came to: names of columns, and rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the rows with their columns' names."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class Library:
    """The tables. ``skipped`` says which folders could not be read, and why. Use as a context manager."""

    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._database = duckdb.connect()
        for name, columns in TABLES.items():
            typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            self._database.execute(f"CREATE TABLE {name} ({typed})")

    def fill(self, roots: Sequence[Path], *, whole: bool) -> None:
        """Take what is in and below ``roots``, or zipped; frames and events only if ``whole``. Raises ResultsError."""
        for root in roots:
            if root.suffix == ZIP and root.is_file():
                self._take_archive(root, whole)
                continue
            if not root.is_dir():
                raise ResultsError(f"there is no folder {root}", "name one with runs in it; `amp demo` makes the first")
            for folder in _folders(root, DEPTH):
                self._try(folder, folder, whole)
        self._database.execute("SET python_enable_replacements = false")
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def ask(self, question: str) -> Answer:
        """Return the answer to one SELECT in SQL; raises ResultsError."""
        fix = f"ask with one SELECT; the tables are {', '.join(TABLES)} (docs/results.md has their columns)"
        try:
            statements = duckdb.extract_statements(question)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise ResultsError("this is not one question", fix)
            answer = self._database.execute(statements[0])
            return Answer(tuple(each[0] for each in answer.description or ()), answer.fetchall())
        except duckdb.Error as error:
            raise ResultsError(re.sub(r"\s+", " ", str(error)), fix) from None

    def _take_archive(self, archive: Path, whole: bool) -> None:
        try:
            with opened(archive) as folder:
                self._try(folder, archive, whole)
        except RunFolderError as error:
            self.skipped.append(f"{archive}: {error.reason}")

    def _try(self, folder: Path, named: Path, whole: bool) -> None:
        try:
            self._take(folder, named, whole)
        except _BAD as error:
            self.skipped.append(f"{named}: {str(error).partition(chr(10))[0]}")

    def _take(self, folder: Path, named: Path, whole: bool) -> None:
        """Take a run or a sweep that lies in ``folder`` and is called ``named``."""
        results = folder / RESULTS
        if (folder / SWEEP).exists():
            manifest = read_sweep(folder)
            points = manifest.get("points")
            rows = rows_of_points(points if isinstance(points, list) else [])
            with as_relation(rows, POINT) as relation:
                columns = f"{quoted(str(named))}, {quoted(str(manifest.get('name')))}, *"
                self._insert({"points": f"SELECT {columns} FROM {relation}"})
        elif results.exists():
            try:
                self._take_run(named, f"read_parquet({quoted(str(results))})", whole)
            except duckdb.Error:  # damaged, or of another version: manifest and events say the same
                self._take_files(folder, named, whole)
        else:
            self._take_files(folder, named, whole)

    def _take_files(self, folder: Path, named: Path, whole: bool) -> None:
        with as_relation([row_of(read_run(folder))], RUN_FILE) as relation:
            self._take_run(named, relation, whole)

    def _take_run(self, named: Path, relation: str, whole: bool) -> None:
        def select(columns: dict[str, str], source: str) -> str:
            return f"SELECT {quoted(str(named))}, " + ", ".join(f'"{name}"' for name in columns) + f" FROM {source}"

        inserts = {"runs": select(RUN, relation)}
        for name, columns in (("frames", FRAME), ("events", EVENT)) if whole else ():
            inserts[name] = select(columns, f"(SELECT unnest({name}, recursive := true) FROM {relation})")
        self._insert(inserts)

    def _insert(self, selects: dict[str, str]) -> None:
        """Insert all of it or nothing."""
        self._database.execute("BEGIN")
        try:
            for table, select in selects.items():
                self._database.execute(f"INSERT INTO {table} {select}")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _folders(root: Path, depth: int) -> Iterator[Path]:
    """Yield every folder of a run or a sweep, in order of their names."""
    if (root / MANIFEST).is_file() or (root / SWEEP).is_file():
        yield root
        return
    if depth == 0:
        return
    with os.scandir(root) as entries:
        below = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    for name in below:
        yield from _folders(root / name, depth - 1)
