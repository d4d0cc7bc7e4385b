"""A value of an experiment file that cannot be used."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.experiment.error import KeyPath


@dataclass(frozen=True)
class Problem:
    """A value that cannot be used."""

    path: KeyPath
    reason: str
    fix: str


def outside(path: KeyPath, value: float, low: float, high: float, why: str = "") -> Iterator[Problem]:
    """Yield a problem when ``value`` is not from ``low`` to ``high``; ``why`` says whose limit that is."""
    if not (math.isfinite(value) and low <= value <= high):
        reason = f"{value:g} is outside {low:g} … {high:g}" + (f" ({why})" if why else "")
        yield Problem(path, reason, f"give a value from {low:g} to {high:g}")
