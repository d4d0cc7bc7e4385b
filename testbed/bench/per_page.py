"""The measured part of docs/performance.md, and its pictures, from what ``bench-per`` and ``bench-mono`` wrote last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from testbed.bench.measured_part import write_measured
from testbed.bench.out import FOLDER
from testbed.bench.per_plot import draw

PAGE, PICTURES = Path("docs/performance.md"), Path("docs/img")
FAMILIES = {
    "downlink": ("The tag: energy comparison", "per-downlink"),
    "uplink": ("Active uplink at 250 kb/s and 1 Mb/s: coded", "per-coded"),
    "uplink, energies": ("Uncoded uplinks by the energies of their chips", "per-energies"),
    "uplink, aided": ("Uncoded uplinks, coherent-aided", "per-aided"),
    "mono-static": ("Mono-static backscatter", "per-mono-static"),
    "bistatic": ("Bistatic backscatter", "per-bistatic"),
    "multipath": ("TGn channels B and D against a genie on the same realisations", "per-multipath"),
}


def write_page(root: Path) -> list[Path]:
    """Write the page's tables and its pictures below ``root`` and return what was written.

    Raises FileNotFoundError while nothing was measured, ValueError for a page without the place to write to.
    """
    curves: list[dict[str, Any]] = json.loads((root / FOLDER / "per.json").read_text())
    written, parts = [], [_measured_where(curves)]
    for family, (title, name) in FAMILIES.items():
        some = [curve for curve in curves if curve["family"] == family]
        if some:
            written.append(draw(some, root / PICTURES / f"{name}.svg"))
            parts.append(f"## {title}\n\n![Packet error rates]({PICTURES.name}/{name}.svg)\n\n{table(some)}")
    mono = root / FOLDER / "mono.json"
    if mono.exists():
        parts.append(f"## The AP's own leak\n\n{leak_table(json.loads(mono.read_text()))}")
    write_measured(root / PAGE, "\n".join(parts))
    return [root / PAGE, *written]


def table(curves: Sequence[dict[str, Any]]) -> str:
    """Return a table with a row for each mode: the bar, distances in dB at 10 % and 1 % by clock, PER at bar + 4 dB."""
    clocks = sorted({curve["clock_ppm"] for curve in curves})
    at = [f"at ±{clock:,.0f} ppm" for clock in clocks]
    heads = ["mode", "MS/s", "10 % bar, dB", *at, "allowed", "at 1 %", "floor below, 10⁻³"]
    rows = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for name in dict.fromkeys(curve["mode"] for curve in curves):
        some = {curve["clock_ppm"]: curve for curve in curves if curve["mode"] == name}
        any_one = next(iter(some.values()))
        floors = [curve["floor"]["interval"][1] for curve in some.values() if curve["floor"]]
        worst = [curve["loss_1pct_db"] for curve in some.values() if curve["loss_1pct_db"] is not None]
        rows.append(
            "| "
            + " | ".join(
                [
                    name,
                    f"{any_one['fs_msps']:g}",
                    _db(any_one["bar_db"]),
                    *(_db(some[clock]["loss_db"]) if clock in some else "" for clock in clocks),
                    "" if any_one["allowed_db"] is None else f"{any_one['allowed_db']:g}",
                    _db(max(worst, default=None)),
                    f"{max(floors) * 1e3:.2f}" if floors else "",
                ]
            )
            + " |"
        )
    bars = dict.fromkeys(f"* {curve['mode']}: {curve['detector']}; bar: {curve['bar']}" for curve in curves)
    return "\n".join([*rows, "", *bars, ""])


def leak_table(curves: Sequence[dict[str, Any]]) -> str:
    """Return the Ec/N0 of each link of ``bench-mono`` at 10 % PER, with its leak."""
    packets = f"{curves[0]['packets']} packets a point, one seed, {curves[0]['seed']}: single runs, not medians."
    rows = [packets, "", "| mode | clock | leak over the reply | 10 % PER, dB | distance |", "|---|---|---|---|---|"]
    for curve in curves:
        leak = "none" if curve["leak_db"] is None else f"{curve['leak_db']:g} dB"
        rows.append(
            f"| {curve['mode']} | ±{curve['clock_ppm']:g} ppm | {leak} | {_db(curve['measured_db'])} "
            f"| {_db(curve['loss_db'])} |"
        )
    return "\n".join([*rows, ""])


def _measured_where(curves: Sequence[dict[str, Any]]) -> str:
    machine, seeds = curves[0]["machine"], curves[0]["seeds"]
    packets = sum(curve["packets"] for curve in curves)
    short = "" if any(curve["floor"] for curve in curves) else "A short run: no floors were looked for.\n"
    return (
        f"Measured on {machine['cpu']}, {machine['cores']} cores, Python {machine['python']}: {packets:,} packets, "
        f"medians of {seeds} seeds from {curves[0]['seed']}.\n" + short
    )


def _db(value_db: float | None) -> str:
    return "–" if value_db is None else f"{value_db:.2f}"
