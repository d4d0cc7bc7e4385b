"""`amp sweep`: one experiment at many points, many times each."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from testbed.commands.progress import Progress
from testbed.commands.verb import add_verb, set_option
from testbed.commands.wide_table import show_table
from testbed.exits import DONE, CallerMistake

RUNS = 20


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp sweep examples/minimal.toml --over channel.uplink_snr_db=-12:0:2 --over ap.uplink_rate_kbps=250,1000"
    parser = add_verb(subparsers, "sweep", "one experiment at many points, with error bounds", example)
    parser.add_argument("file", type=Path, metavar="FILE", help="experiment file (TOML, docs/experiments.md)")
    over = "a key and its values: first:last:step, or values with commas; again for another key"
    parser.add_argument("--over", action="append", default=[], metavar="KEY=VALUES", help=over)
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"runs of each point (default {RUNS})")
    enough = "a point is done once so many runs have failed (default: only after all its runs)"
    parser.add_argument("--errors", type=int, default=0, metavar="K", help=enough)
    parser.add_argument("--seed", type=int, metavar="N", help="the sweep's seed, from which every run has its own")
    folder = "folder (default runs/<time>-<name>); a sweep that was ended early goes on where it was"
    parser.add_argument("--out", type=Path, metavar="DIR", help=folder)
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: the machine's cores)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a dask scheduler, as tcp://10.0.0.1:8786, instead")
    set_option(parser)


def run(args: argparse.Namespace) -> int:
    """Sweep, show the table, keep the folder."""
    from testbed.experiment import experiment_of
    from testbed.experiment.load import text_of
    from testbed.sweep.axes import axis_of
    from testbed.sweep.folder import SweepFolder
    from testbed.sweep.ledger import Ledger
    from testbed.sweep.sweep import in_processes, loader_of, on_cluster, points_to_run, swept

    _check(args)
    overrides = tuple(args.overrides)
    text = text_of(args.file)
    experiment = experiment_of(text, args.file, overrides=overrides, seed=args.seed, radio="sim:")
    axes = tuple(axis_of(each) for each in args.over)
    load = loader_of(text, args.file, overrides)
    points = points_to_run(axes, load, experiment.seed)
    ledger = Ledger(points, args.runs, args.errors, experiment.seed)
    workers = args.workers or len(os.sched_getaffinity(0))
    work = on_cluster(args.cluster) if args.cluster else in_processes(workers)
    progress = Progress("runs", quiet=args.quiet)
    progress.begin(f"on {args.cluster}" if args.cluster else f"{workers} processes")
    with SweepFolder.open(experiment, axes, args.out, runs=args.runs, errors=args.errors) as folder:
        if folder.made_before_by != folder.made_by and not args.quiet:
            print(f"amp: {folder.path} was begun with another version ({folder.made_before_by})", file=sys.stderr)
        try:
            rows = swept(folder, ledger, load, work, progress)
        except KeyboardInterrupt:
            print(f"\namp: the same command with --out {folder.path} goes on from here", file=sys.stderr)
            raise
    if args.json:
        asked = {key: folder.manifest[key] for key in ("name", "state", "seed", "over")}
        print(json.dumps({"folder": str(folder.path), **asked, "points": rows}, ensure_ascii=False))
    elif not args.quiet:
        _show(experiment.name, rows)
        print(f"{folder.path} (CSV and Parquet in it), {progress.seconds:.0f} s")
    return DONE


def _check(args: argparse.Namespace) -> None:
    if not args.over:
        raise CallerMistake("nothing is varied", "give --over, as --over channel.uplink_snr_db=0:14:1")
    if args.runs < 1:
        raise CallerMistake(f"{args.runs} runs of a point say nothing", "give --runs 1 or more")
    if args.errors < 0:
        raise CallerMistake(f"{args.errors} errors never come", "give --errors 1 or more, or leave it out")
    if args.cluster and args.workers is not None:
        raise CallerMistake("--cluster brings its own workers", "leave out --workers")
    if args.workers is not None and args.workers < 1:
        raise CallerMistake(f"{args.workers} workers do nothing", "give --workers 1 or more")


def _show(name: str, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(title=f"{name}: simulated; failed exchanges, Wilson's bounds at 95 %")
    for key in rows[0]["values"]:
        table.add_column(key, justify="right", overflow="fold")
    for title in ("failed", "of", "rate", "from", "to", "air time"):
        table.add_column(title, justify="right")
    for row in rows:
        means = row["mean"]
        air_ms = (means["air_time_downlink_ns"] + means["air_time_uplink_ns"] + means["acks_air_time_ns"]) / 1e6
        rate = row["errors"] / row["trials"]
        figures = (f"{rate:.3f}", f"{row['low']:.3f}", f"{row['high']:.3f}", f"{air_ms:.3f} ms")
        table.add_row(*map(str, row["values"].values()), str(row["errors"]), str(row["trials"]), *figures)
    show_table(table)
