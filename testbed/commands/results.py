"""`amp results`: runs and sweeps so far."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from testbed.atomic_file import write_atomically
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake

RUNS = Path("runs")
OVERVIEW = (
    "SELECT folder, started, state, ok, system, variant, radio, seed, messages_downlink + messages_uplink AS messages, "
    "octets_downlink + octets_uplink AS octets, "
    "round((air_time_downlink_ns + air_time_uplink_ns + acks_air_time_ns) / 1e6, 3) AS air_time_ms, "
    "round(handshake_air_ns / 1e6, 3) AS handshake_ms, round(energy_j * 1e9, 1) AS energy_nj "
    "FROM runs ORDER BY started, folder"
)
LAST = "SELECT folder AS run_folder, * EXCLUDE (folder) FROM runs ORDER BY started DESC, folder DESC LIMIT 1"

EVERY = "SELECT * FROM runs ORDER BY started, folder"


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp results --sql 'SELECT system, avg(handshake_air_ns) FROM runs GROUP BY system'"
    parser = add_verb(subparsers, "results", "runs and sweeps so far, as tables to ask in SQL", example)
    where = "folders with runs in or below them, or zipped runs (default: runs)"
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help=where)
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--last", action="store_true", help="the last run alone, with all its figures")
    asked.add_argument(
        "--sql", metavar="QUESTION", help="one SELECT from runs, frames, events, points (docs/results.md)"
    )
    compare = "these runs side by side: what was set differently, and what came of it"
    asked.add_argument("--compare", action="store_true", help=compare)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the rows there")


def run(args: argparse.Namespace) -> int:
    """Answer, on the terminal, as JSON or as CSV."""
    from testbed.results.library import Library
    from testbed.results.side_by_side import side_by_side

    question = args.sql if args.sql is not None else LAST if args.last else EVERY if args.compare else OVERVIEW
    with Library() as library:
        library.fill(args.folders or [RUNS], whole=args.sql is not None)
        answer = library.ask(question)
    if args.compare:
        answer = side_by_side(_in_order(answer.as_dicts(), args.folders))
    for each in () if args.quiet else library.skipped:
        print(f"amp: skipped {each}", file=sys.stderr)
    if args.last and not answer.rows:
        raise CallerMistake("there is no run yet", "make one: amp demo")
    rows = [{key: _in_json(value) for key, value in row.items()} for row in answer.as_dicts()]
    if args.csv is not None:
        write_atomically(args.csv, _as_csv(answer.columns, rows))
    if args.json:
        print(json.dumps(rows[0] if args.last else {"rows": rows, "skipped": library.skipped}, ensure_ascii=False))
    elif not args.quiet and args.csv is None:
        _show(rows[0] if args.last else None, answer.columns, rows)
    return DONE


def _in_order(runs: list[dict[str, Any]], folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the runs as they were named on the command line, others by when they began."""
    named = [str(each) for each in folders]
    return sorted(runs, key=lambda run: named.index(run["folder"]) if run["folder"] in named else len(named))


def _in_json(value: Any) -> Any:
    """Return a value of the database in JSON's types."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _in_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_json(each) for each in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _as_csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _show(last: dict[str, Any] | None, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if last is not None:
        table = Table(show_header=False)
        for name, value in last.items():
            if value is not None and name != "experiment":
                table.add_row(name, Text(str(value)))
        console.print(table)
        return
    if not console.is_terminal:  # another program, or a file: one line a row, nothing cut
        print("\t".join(columns))
        for row in rows:
            print("\t".join("" if value is None else str(value) for value in row.values()))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(_short(value)) for value in row.values()))
    console.print(table)


def _short(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
