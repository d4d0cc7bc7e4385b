"""The measured part of docs/speed.md, what a frame costs, from what ``bench-phy`` wrote last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbed.bench.frames import WEAK_ECN0_DB
from testbed.bench.measured_part import write_measured
from testbed.bench.out import FOLDER
from testbed.bench.packet_modes import ECN0_DB

PAGE = Path("docs/speed.md")


def write_page(root: Path) -> Path:
    """Write the page's table below ``root`` and return the page.

    Raises FileNotFoundError while nothing was measured, ValueError for a page without the place to write to.
    """
    figures: dict[str, Any] = json.loads((root / FOLDER / "phy.json").read_text())
    write_measured(root / PAGE, "\n".join((_measured_where(figures), "", table(figures), "")))
    return root / PAGE


def table(figures: Mapping[str, Any]) -> str:
    """Return a row for each mode and length: times in ms, and how many air times they are."""
    heads = ("mode", "octets", "on the air", "from the sync on", "air times", "in all", "air times", "in all, weak")
    rows = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for each in figures["frames"]:
        weak = f"{each['weak_ms']:.3f}" if "weak_ms" in each else ""
        cells = (
            *(each["mode"], str(each["octets"]), f"{each['air_ms']:.3f}"),
            *(f"{each['decode_ms']:.3f}", f"{each['air_times']:.2f}"),
            *(f"{each['receive_ms']:.3f}", f"{each['air_times_in_all']:.2f}", weak),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _measured_where(figures: Mapping[str, Any]) -> str:
    machine, share = figures["machine"], min(figures["core_share"].values())
    busy = "" if share > 0.9 else f", which others kept busy: at times it was given {share:.0%} of a core"
    return (
        f"CPU time in ms on {machine['cpu']}, Python {machine['python']}, loops {_loops(figures)}{busy}. "
        f"Ec/N0 is {ECN0_DB:g} dB; weak is {WEAK_ECN0_DB:g} dB."
    )


def _loops(figures: Mapping[str, Any]) -> str:
    return "compiled" if figures["accelerator"] == "numba" else "not compiled"
