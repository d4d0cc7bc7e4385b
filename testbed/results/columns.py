"""The columns of every table, with their SQL types: ``docs/results.md`` says what each holds."""

from __future__ import annotations

from testbed.figures import FIGURES

RUN: dict[str, str] = {
    "name": "VARCHAR",
    "state": "VARCHAR",
    "ok": "BOOLEAN",
    "reason": "VARCHAR",
    "started": "TIMESTAMP",
    "ended": "TIMESTAMP",
    "seed": "UBIGINT",
    "system": "VARCHAR",
    "variant": "VARCHAR",
    "radio": "VARCHAR",
    "profile": "VARCHAR",
    "placeholders": "BIGINT",
    **FIGURES,
    "commit": "VARCHAR",
    "experiment": "JSON",
}
FRAME: dict[str, str] = {
    "t_ns": "BIGINT",
    "node": "VARCHAR",
    "kind": "VARCHAR",
    "direction": "VARCHAR",
    "src": "VARCHAR",
    "dst": "VARCHAR",
    "name": "VARCHAR",
    "octets": "BIGINT",
    "start_ns": "BIGINT",
    "end_ns": "BIGINT",
    "rate_bps": "BIGINT",
    "protected": "BOOLEAN",
    "snr_db": "DOUBLE",
    "clock_ppm": "DOUBLE",
    "cfo_hz": "DOUBLE",
}
EVENT: dict[str, str] = {"t_ns": "BIGINT", "node": "VARCHAR", "kind": "VARCHAR", "detail": "JSON"}
POINT: dict[str, str] = {
    "point": "BIGINT",
    "values": "JSON",
    "errors": "BIGINT",
    "trials": "BIGINT",
    "low": "DOUBLE",
    "high": "DOUBLE",
    "out_of_time": "BIGINT",
    **{f"mean_{name}": "DOUBLE" for name in FIGURES},
}


def struct_of(columns: dict[str, str]) -> str:
    """Return the SQL type of a list of rows with these columns."""
    return "STRUCT(" + ", ".join(f'"{name}" {kind}' for name, kind in columns.items()) + ")[]"


RUN_FILE = {**RUN, "frames": struct_of(FRAME), "events": struct_of(EVENT)}
"""A run's Parquet file: one row, with its frames and events nested in it."""
