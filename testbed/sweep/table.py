"""The table of a sweep: for each point how many exchanges failed, between which bounds, and means of every figure."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence

from ampradio.phy.theory import wilson_interval
from testbed.figures import FIGURES
from testbed.sweep.axes import Point
from testbed.sweep.ledger import Ledger
from testbed.sweep.work import Outcome

COUNTED = ("errors", "trials", "low", "high", "out_of_time")


def rows_of(ledger: Ledger) -> list[dict[str, object]]:
    """Return one row a point, in order; the bounds are Wilson's at 95 %."""
    return [_row(point, ledger.counted(point.index)) for point in ledger.points]


def as_csv(rows: Sequence[dict[str, object]]) -> str:
    """Return the rows as CSV, a column for each axis, count and mean."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for number, row in enumerate(rows):
        values, means = row["values"], row["mean"]
        assert isinstance(values, dict) and isinstance(means, dict)
        if not number:
            writer.writerow([*values, *COUNTED, *(f"mean_{name}" for name in means)])
        plain = [json.dumps(value) if isinstance(value, list) else value for value in values.values()]
        writer.writerow([*plain, *(row[name] for name in COUNTED), *means.values()])
    return text.getvalue()


def _row(point: Point, outcomes: Sequence[Outcome]) -> dict[str, object]:
    trials, errors = len(outcomes), sum(not each.ok for each in outcomes)
    low, high = wilson_interval(errors, trials) if trials else (0.0, 1.0)
    return {
        "point": point.index,
        "values": dict(point.values),
        "errors": errors,
        "trials": trials,
        "low": low,
        "high": high,
        "out_of_time": sum(not each.complete for each in outcomes),
        "mean": {name: _mean([each.figures.get(name) for each in outcomes]) for name in FIGURES},
    }


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return math.fsum(there) / len(there) if there else None
