"""`amp report`: a run as one HTML page that needs nothing else, and its plots as files."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from testbed.commands.newest import newest_run
from testbed.commands.progress import Progress
from testbed.commands.verb import add_verb
from testbed.exits import DONE, CallerMistake

REPORT = "report.html"


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp report runs/20261120T120000Z-demo --svg figures"
    parser = add_verb(subparsers, "report", "a run as one HTML page that needs nothing else", example)
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN", help="run folder, or a .zip of one (the newest)")
    out = f"the page's file (default: {REPORT} in the run folder, RUN.html beside a .zip)"
    parser.add_argument("--out", type=Path, metavar="FILE", help=out)
    parser.add_argument("--svg", type=Path, metavar="DIR", help="write every plot there too, as SVG")
    parser.add_argument("--png", type=Path, metavar="DIR", help="write every plot there too, as PNG")


def run(args: argparse.Namespace) -> int:
    """Write the page, and the plots if asked."""
    from testbed.report.write import write_report
    from testbed.run_archive import opened

    logging.getLogger("matplotlib").setLevel(logging.WARNING)  # it tells of every font when asked for more
    args.run = args.run or newest_run()
    out = args.out or (args.run / REPORT if args.run.is_dir() else args.run.with_suffix(".html"))
    progress = Progress("views", quiet=args.quiet or args.json)
    with opened(args.run) as folder:
        try:
            name = args.run.name or str(args.run)
            made = write_report(folder, name, out, svg=args.svg, png=args.png, progress=progress)
        except OSError as error:
            where = error.filename or out
            raise CallerMistake(f"{where} cannot be written: {error.strerror}", "name another with --out") from None
    if args.json:
        plots, warnings = [str(each) for each in made.plots], list(made.warnings)
        print(json.dumps({"path": str(made.path), "plots": plots, "warnings": warnings}, ensure_ascii=False))
    elif not args.quiet:
        for each in made.warnings:
            print(f"amp: {each}")
        print(made.path)
    return DONE
