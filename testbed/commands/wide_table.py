"""A verb's table on standard output: as wide as the terminal, and where there is none, as wide as it wants to be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPED_WIDTH = 250


def table_console() -> Console:
    """Return the console on standard output."""
    from rich.console import Console

    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else PIPED_WIDTH)


def show_table(table: Table) -> None:
    """Print ``table``; where there is no terminal, with no blanks behind the last column, for grep and diff."""
    console = table_console()
    if sys.stdout.isatty():
        console.print(table)
        return
    with console.capture() as capture:
        console.print(table)
    print("\n".join(line.rstrip() for line in capture.get().splitlines()))
