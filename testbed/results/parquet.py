"""``results.parquet``: a run, or the table of a sweep, as one file that DuckDB, pandas and others read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from testbed.results.columns import POINT, RUN_FILE
from testbed.results.rows import row_of, rows_of_points
from testbed.run_record import Run

RESULTS = "results.parquet"
LARGEST_ROW = 1 << 30


def write_run(run: Run) -> None:
    """Write the results of ``run`` into its folder; raises OSError and ValueError."""
    _write(run.path / RESULTS, [row_of(run)], RUN_FILE)


def write_points(path: Path, points: Sequence[Mapping[str, object]]) -> None:
    """Write the table of a sweep; raises OSError and ValueError."""
    _write(path, rows_of_points(points), POINT)


def _write(path: Path, rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> None:
    import duckdb

    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with duckdb.connect(config={"threads": 1}) as connection, as_relation(rows, columns) as relation:
            connection.execute(f"COPY (SELECT * FROM {relation}) TO {quoted(str(beside))} (FORMAT parquet)")
        beside.replace(path)
    except duckdb.IOException as error:
        raise OSError(f"{path}: {error}") from None
    except duckdb.Error as error:
        raise ValueError(f"{path}: {error}") from None
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def as_relation(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> Iterator[str]:
    """Lend the rows to SQL: yield what stands behind FROM, good until the block is left."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        file.flush()
        typed = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in columns.items())
        yield (
            f"read_json({quoted(file.name)}, format='newline_delimited', columns={{{typed}}}, "
            f"maximum_object_size={LARGEST_ROW})"
        )


def quoted(text: str) -> str:
    """Return ``text`` as a string of SQL."""
    return "'" + text.replace("'", "''") + "'"
