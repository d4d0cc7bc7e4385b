"""The life of keys as bars over air time: a row for each key of each station."""

from __future__ import annotations

from collections.abc import Sequence

from ampradio.mac.ladder import AP_NAME
from testbed.event_words import number
from testbed.report.figure import Plot, new_figure, short
from testbed.report.key_life import KeyLife
from testbed.report.palette import LIGHT
from testbed.report.source import Source

ROWS_MAX = 16


def key_plots(source: Source, lives: Sequence[KeyLife]) -> list[Plot]:
    """Return the figure, none when no station told of a key."""
    rows = list(dict.fromkeys(map(_row, lives)))[:ROWS_MAX]
    if not rows:
        return []
    times = [number(each, "t_ns") or 0.0 for each in source.events]
    end_ns = max([number(source.manifest, "stop_ns") or 0.0, *times])
    figure = new_figure(0.32 * len(rows) + 0.95)
    axes = figure.subplots()
    for row, key in enumerate(rows):
        own = [each for each in lives if _row(each) == key]
        shade = LIGHT["down" if own[0].station == AP_NAME else "up"]
        bars = [(each.made_ns / 1e6, ((each.erased_ns or end_ns) - each.made_ns) / 1e6) for each in own]
        axes.broken_barh(bars, (row - 0.3, 0.6), color=shade, alpha=0.35, linewidth=0, rasterized=len(bars) > 400)
        made = [each.made_ns / 1e6 for each in own]
        erased = [each.erased_ns / 1e6 for each in own if each.erased_ns is not None]
        for at, mark, size in ((made, "|", 8), (erased, "x", 5)):
            axes.plot(at, [row] * len(at), mark, color=shade, markersize=size, markeredgewidth=1.6)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, end_ns / 1e6 * 1.01 or 1)
    axes.set_xlabel("air time in ms")
    axes.grid(True, axis="x")
    caption = "From being made (stroke) to the erasure that the station told of (cross), else to the end of the run."
    return [Plot("keys", "Life of keys", "which station held which key when", caption, figure)]


def _row(life: KeyLife) -> str:
    return short(f"{short(life.station)}: {life.name}{f', {life.which}' if life.which else ''}", 72)
