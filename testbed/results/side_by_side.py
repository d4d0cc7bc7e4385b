"""Runs side by side: what was set differently, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from testbed.results.error import ResultsError
from testbed.results.library import Answer

WHEN = ("started", "ended")
EXPERIMENT = "experiment"


def side_by_side(runs: Sequence[Mapping[str, Any]]) -> Answer:
    """Return a row for each value that is not the same in all of ``runs``: the experiment's first, then the figures.

    ``runs`` are rows of the table ``runs``, in the order of the columns. Of two runs the last column is how much more
    the second has, where both are numbers. Raises ResultsError for fewer than two.
    """
    if len(runs) < 2:
        raise ResultsError(
            "there are fewer than two runs to compare", "name two run folders: amp results A B --compare"
        )
    settings = [_flat(_experiment(run)) for run in runs]
    figures = [{key: value for key, value in run.items() if key not in (*WHEN, "folder", EXPERIMENT)} for run in runs]
    rows = _differing(settings, f"{EXPERIMENT}.") + _differing(figures, "")
    columns = ["what", *(str(run.get("folder")) for run in runs)]
    if len(runs) == 2:
        rows = [(*row, _more(row[1], row[2])) for row in rows]
        columns.append("change")
    return Answer(tuple(columns), rows)


def _differing(tables: Sequence[Mapping[str, Any]], prefix: str) -> list[tuple[Any, ...]]:
    names = dict.fromkeys(name for table in tables for name in table)
    rows = [(f"{prefix}{name}", *(table.get(name) for table in tables)) for name in names]
    return [row for row in rows if any(value != row[1] for value in row[2:])]


def _experiment(run: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(str(run.get(EXPERIMENT)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _flat(value: object, name: str = "") -> dict[str, Any]:
    """Return the leaves of an experiment, called as ``--set`` calls them."""
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}" if name else str(key), each) for key, each in value.items()]
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        pairs = [(f"{name}[{index}]", each) for index, each in enumerate(value)]
    else:
        return {name: json.dumps(value) if isinstance(value, (dict, list)) else value}
    return {key: leaf for inner, each in pairs for key, leaf in _flat(each, inner).items()}


def _more(first: object, second: object) -> float | None:
    numbers = [value for value in (first, second) if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return numbers[1] - numbers[0] if len(numbers) == 2 else None
