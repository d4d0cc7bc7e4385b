"""`amp compare`: the security systems side by side over the same air and energy."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from testbed.commands.progress import Progress
from testbed.commands.verb import add_verb, set_option
from testbed.commands.wide_table import show_table
from testbed.exits import DID_NOT_HOLD, DONE, CallerMistake


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(subparsers, "compare", "security systems side by side", "amp compare examples/compare.toml")
    parser.add_argument("file", type=Path, metavar="FILE", help="experiment file; its [compare] says what is compared")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the results (default runs/<time>-<name>)")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: the machine's cores)")
    set_option(parser)


def run(args: argparse.Namespace) -> int:
    """Compare, show the table, write the folder; 1 when a system did not complete over a good channel."""
    from testbed.compare.columns import suspects_of
    from testbed.compare.page import write
    from testbed.compare.tables import as_csv, as_document
    from testbed.compare.work import compared
    from testbed.experiment import load_experiment
    from testbed.run_folder import new_folder

    if args.workers is not None and args.workers < 1:
        raise CallerMistake(f"{args.workers} workers do nothing", "give --workers 1 or more")
    experiment = load_experiment(args.file, overrides=args.overrides)
    suspects = suspects_of(args.file, experiment.compare.systems)
    workers = args.workers or len(os.sched_getaffinity(0))
    folder = new_folder(experiment.name, args.out, Path("runs"))
    progress = Progress("pieces of work", quiet=args.quiet)
    progress.begin(f"{workers} processes")
    comparison = compared(args.file, experiment, suspects, workers, progress)
    document = as_document(comparison)
    path = write(comparison, folder, json.dumps(document, indent=1, ensure_ascii=False) + "\n", as_csv(comparison))
    if args.json:
        print(json.dumps({**document, "folder": str(folder), "page": str(path)}, ensure_ascii=False))
    elif not args.quiet:
        _show(comparison)
        print(f"{path} (with CSV, JSON, SVG and PNG beside it), {progress.seconds:.0f} s")
    return DONE if all(each.ok for each in comparison.costs) else DID_NOT_HOLD


def _show(comparison: Any) -> None:
    from rich.table import Table

    from testbed.compare.tables import figures

    table = Table(title=f"{comparison.name}: simulated; energy from placeholder tables")
    table.add_column("")
    for label in comparison.labels:
        table.add_column(label, overflow="fold")
    for name, values in figures(comparison):
        table.add_row(name, *values)
    show_table(table)
