"""A comparison as rows: for the terminal, for CSV and for JSON."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any

from testbed.compare.work import Comparison

NJ = 1e9
NS_PER_MS = 1e6


def figures(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """Return a row for each figure: its name and the value of every column."""
    costs = comparison.costs
    causes = sorted({cause for each in costs for cause in each.energy_j})
    primitives = sorted({name for each in costs for name in each.primitives})
    rows = [
        ("completed", ["yes" if each.ok else "no" for each in costs]),
        ("messages down / up", [f"{each.messages['downlink']} / {each.messages['uplink']}" for each in costs]),
        ("octets down / up", [f"{each.octets['downlink']} / {each.octets['uplink']}" for each in costs]),
        ("air time down / up, ms", [_both(each.air_time_ns) for each in costs]),
        ("handshake, ms", ["-" if each.handshake_ns is None else _ms(each.handshake_ns) for each in costs]),
        ("whole run, ms", [_ms(each.elapsed_ns) for each in costs]),
        ("tag's energy, nJ", [f"{sum(each.energy_j.values()) * NJ:.0f}" for each in costs]),
    ]
    rows += [(f"  {cause}, nJ", [f"{each.energy_j.get(cause, 0.0) * NJ:.1f}" for each in costs]) for cause in causes]
    rows += [(f"{name} at the tag", [str(each.primitives.get(name, 0)) for each in costs]) for name in primitives]
    for over, unit in (("snr_db", "dB SNR"), ("incident_dbm", "dBm")):
        for value in dict.fromkeys(point.value for point in comparison.points if point.over == over):
            at = {point.label: point for point in comparison.points if point.over == over and point.value == value}
            shares = [f"{at[label].completed}/{at[label].runs}" for label in comparison.labels]
            rows.append((f"completes at {value:g} {unit}", shares))
    for attack in dict.fromkeys(outcome.attack for outcome in comparison.outcomes):
        cell = {outcome.suspect: outcome.text for outcome in comparison.outcomes if outcome.attack == attack}
        rows.append((attack, [cell[label] for label in comparison.labels]))
    return rows


def as_csv(comparison: Comparison) -> str:
    """Return the rows as CSV with a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["figure", *comparison.labels])
    writer.writerows([name.strip(), *values] for name, values in figures(comparison))
    return out.getvalue()


def as_document(comparison: Comparison) -> dict[str, Any]:
    """Return everything for ``--json``: ``systems`` with their figures, ``completion``, ``matrix``."""
    matrix: dict[str, dict[str, Any]] = {}
    for outcome in comparison.outcomes:
        cell = {"succeeds": outcome.broken, "text": outcome.text, **dict(outcome.figures)}
        matrix.setdefault(outcome.attack, {})[outcome.suspect] = cell
    return {
        "name": comparison.name,
        "systems": {each.label: asdict(each) for each in comparison.costs},
        "completion": [asdict(point) for point in comparison.points],
        "matrix": matrix,
        "simulated": "sim: waveforms for costs; frame losses by theory, and perfect frames, for completion",
        "energy": "placeholder cost tables (docs/experiments.md, [power])",
    }


def _ms(time_ns: float) -> str:
    return f"{time_ns / NS_PER_MS:.2f}"


def _both(time_ns: dict[str, int]) -> str:
    return f"{_ms(time_ns['downlink'])} / {_ms(time_ns['uplink'])}"
