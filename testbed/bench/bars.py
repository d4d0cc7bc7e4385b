"""Bars: what a figure is held against, and whether it holds; and where a bench prints them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 120


@dataclass(frozen=True)
class Bar:
    """``measured`` is to be at least ``least`` (or at most, with ``at_most``)."""

    what: str
    measured: float
    least: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Whether it is; NaN never."""
        return self.measured <= self.least if self.at_most else self.measured >= self.least

    def figures(self) -> dict[str, Any]:
        """Return the bar as it goes into a figures file."""
        measured = None if math.isnan(self.measured) else self.measured  # JSON has no NaN
        return {"what": self.what, "measured": measured, "bar": self.least, "holds": self.holds}


def bench_console() -> Console:
    """Return the console on standard output: as wide as the terminal, PIPED_WIDTH where there is none."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def print_bars(console: Console, title: str, bars: Sequence[Bar]) -> None:
    """Print each bar with what was measured."""
    table = Table("what", "measured", "bar", "", title=title)
    for bar in bars:
        limit = f"{'≤' if bar.at_most else '≥'} {bar.least:g}"
        table.add_row(bar.what, f"{bar.measured:.3g}", limit, "holds" if bar.holds else "does not hold")
    console.print(table)
