"""Sweeps as curves: the share of failed exchanges with its bounds, and how long an exchange took."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from testbed.experiment.load import experiment_of, text_of
from testbed.gallery.drawing import MARKERS, SERIES, as_svg, one_axes
from testbed.gallery.ladders import EXAMPLES
from testbed.sweep.axes import axis_of
from testbed.sweep.ledger import Ledger
from testbed.sweep.sweep import loader_of, points_to_run
from testbed.sweep.table import rows_of
from testbed.sweep.work import outcome_of

Row = Mapping[str, Any]


def rows_of_sweep(name: str, over: Sequence[str], runs: int, overrides: Sequence[str] = ()) -> list[dict[str, object]]:
    """Return the table that ``amp sweep examples/NAME.toml --over … --runs N`` prints."""
    path = EXAMPLES / f"{name}.toml"
    text = text_of(path)
    load = loader_of(text, path, tuple(overrides))
    seed = experiment_of(text, path, overrides=tuple(overrides), radio="sim:").seed
    points = points_to_run(tuple(axis_of(each) for each in over), load, seed)
    ledger = Ledger(points, runs, 0, seed)
    for piece in ledger.pieces(load):
        ledger.put(outcome_of(piece))
    return rows_of(ledger)


def curve(rows: Sequence[Row], over: str, label: str, title: str) -> str:
    """Return failed exchanges over the values of ``over`` as SVG, a curve for each value of any other axis."""
    figure, axes = one_axes()
    for at, (name, mine) in enumerate(_series(rows, over).items()):
        values = [row["values"][over] for row in mine]
        shares = [row["errors"] / row["trials"] for row in mine]
        bars = [[share - row["low"] for share, row in zip(shares, mine, strict=True)]]
        bars.append([row["high"] - share for share, row in zip(shares, mine, strict=True)])
        style: dict[str, Any] = {"color": SERIES[at % 4], "marker": MARKERS[at % 4], "markersize": 5, "capsize": 3}
        axes.errorbar(values, shares, yerr=bars, linewidth=1.4, elinewidth=0.8, label=name or None, **style)
    axes.set_xlabel(label, fontsize=9)
    axes.set_ylabel("share of failed exchanges", fontsize=9)
    axes.set_ylim(-0.03, 1.03)
    axes.set_title(title, loc="left", fontsize=10)
    if len(_series(rows, over)) > 1:
        axes.legend(fontsize=8, frameon=False)
    return as_svg(figure, [data_of(row) for row in rows])


def data_of(row: Row) -> dict[str, object]:
    """Return the part of a row that is drawn."""
    return {"values": row["values"], "errors": row["errors"], "trials": row["trials"]}


def _series(rows: Sequence[Row], over: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        others = {key: value for key, value in row["values"].items() if key != over}
        name = ", ".join(f"{key.partition('.')[2]} {json.dumps(value)}" for key, value in others.items())
        found.setdefault(name, []).append(row)
    return found
