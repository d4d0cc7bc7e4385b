"""`amp attack`: attacks X1 to X14 on one system, or on all of them, each by running it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.commands.verb import add_verb, set_option
from testbed.commands.wide_table import show_table, table_console
from testbed.exits import DONE, CallerMistake

if TYPE_CHECKING:
    from testbed.attack.outcome import Outcome
    from testbed.attack.suspects import Suspect

COLUMN_WIDTH = 14


def register(subparsers: Any) -> None:
    """Add the verb."""
    example = "amp attack examples/aiot.toml --only X1,X5"
    parser = add_verb(subparsers, "attack", "attack a security system and say what it withstands", example)
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="experiment file whose [security] is attacked (default: all)"
    )
    parser.add_argument("--only", metavar="X1,X2,…", help="only these attacks (default: all)")
    set_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print the matrix; an attack that succeeds is a finding, not a failure, so the exit code is 0."""
    from testbed.attack.matrix import ATTACKS, cells
    from testbed.attack.suspects import SUSPECTS, suspect_of
    from testbed.experiment import load_experiment

    only = args.only.split(",") if args.only else list(ATTACKS)
    for name in only:
        if name not in ATTACKS:
            raise CallerMistake(f"there is no attack {name!r}", f"use some of {', '.join(ATTACKS)}")
    if args.overrides and args.file is None:
        raise CallerMistake("--set changes an experiment file, and none is named", "name one, as examples/aiot.toml")
    suspects: Sequence[Suspect] = SUSPECTS
    if args.file is not None:
        suspects = (suspect_of(load_experiment(args.file, overrides=args.overrides)),)
    outcomes: list[Outcome] = []
    for done, outcome in enumerate(cells(only, suspects), start=1):
        outcomes.append(outcome)
        if not args.quiet:
            total = len(only) * len(suspects)
            print(f"{done}/{total} {outcome.attack} on {outcome.suspect}: {outcome.text}", file=sys.stderr)
    if args.json:
        print(json.dumps({"matrix": _document(outcomes)}, ensure_ascii=False))
    elif not args.quiet:
        _print_table(outcomes)
    return DONE


def _document(outcomes: Sequence[Outcome]) -> dict[str, dict[str, object]]:
    matrix: dict[str, dict[str, object]] = {}
    for outcome in outcomes:
        cell = {"succeeds": outcome.broken, "text": outcome.text, **dict(outcome.figures)}
        matrix.setdefault(outcome.attack, {})[outcome.suspect] = cell
    return matrix


def _print_table(outcomes: Sequence[Outcome]) -> None:
    from rich.table import Table

    from testbed.attack.matrix import TITLES

    title = "what an attacker without keys achieves (simulated air)"
    suspects = list(dict.fromkeys(outcome.suspect for outcome in outcomes))
    if table_console().width < COLUMN_WIDTH * (len(suspects) + 2):  # a matrix of slivers: a line for each cell instead
        table = Table("attack", "system", "what it achieves", title=title)
        for outcome in outcomes:
            table.add_row(f"{outcome.attack} {TITLES[outcome.attack]}", outcome.suspect, _marked(outcome))
    else:
        table = Table(title=title, show_lines=True)
        table.add_column("attack")
        for suspect in suspects:
            table.add_column(suspect, overflow="fold")
        for attack in dict.fromkeys(outcome.attack for outcome in outcomes):
            row = {outcome.suspect: outcome for outcome in outcomes if outcome.attack == attack}
            table.add_row(f"{attack} {TITLES[attack]}", *(_marked(row[each]) for each in suspects))
    show_table(table)


def _marked(outcome: Outcome) -> str:
    return f"[bold red]{outcome.text}[/]" if outcome.broken else outcome.text
