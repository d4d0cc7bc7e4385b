"""`amp profile`: the draft's numbers as a table, each with how firm it is."""

from __future__ import annotations

import argparse
import json
from typing import Any

from ampradio.profile import DEFAULT, Entry, Profile, load_profile
from testbed.commands.verb import add_verb
from testbed.commands.wide_table import show_table, table_console
from testbed.exits import DONE


def register(subparsers: Any) -> None:
    """Add the verb."""
    parser = add_verb(
        subparsers, "profile", "the draft's numbers, each with its provenance", "amp profile --placeholders"
    )
    parser.add_argument("file", nargs="?", default=DEFAULT, metavar="FILE", help=f"profile file or name ({DEFAULT})")
    parser.add_argument("--placeholders", action="store_true", help="only what the public record does not give")


def run(args: argparse.Namespace) -> int:
    """Print the profile; a bad file raises ProfileError."""
    profile = load_profile(args.file)
    entries = profile.placeholders() if args.placeholders else profile.entries
    if args.json:
        document = {"name": profile.name, "entries": [_as_dict(entry) for entry in entries]}
        print(json.dumps(document, indent=1, ensure_ascii=False))
    elif not args.quiet:
        _print_table(profile, entries)
    return DONE


def _as_dict(entry: Entry) -> dict[str, object]:
    return {
        "key": entry.key,
        "value": entry.value,
        "unit": entry.unit,
        "provenance": entry.provenance,
        "source": entry.source,
    }


def _print_table(profile: Profile, entries: tuple[Entry, ...]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"profile {profile.name}", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("key", "value", "unit", "provenance", "source"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        unit = "" if entry.unit == "1" else entry.unit
        style = "yellow" if entry.provenance == "placeholder" else ""
        cells = (entry.key, _shown(entry.value), unit, entry.provenance, entry.source)
        table.add_row(*(Text(cell) for cell in cells), style=style)
    show_table(table)
    table_console().print(
        f"{len(profile.entries)} numbers, {len(profile.placeholders())} of them placeholders: ours, "
        "because the public record does not give them",
        soft_wrap=True,
        highlight=False,
    )


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else f"{value:_}" if isinstance(value, int) else str(value)
