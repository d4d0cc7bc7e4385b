"""The ladder as a picture for programs that take no SVG: the same rows as ``ladder_svg`` draws."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from testbed.report.figure import WIDTH_IN, Plot, short, styled
from testbed.report.ladder_svg import TONES, outcome_words, size_words
from testbed.report.messages import Message
from testbed.report.notes import Note, notes_of
from testbed.report.palette import LIGHT
from testbed.report.source import Source

MESSAGES_MAX = 120
MESSAGE_IN, NOTE_IN, HEAD_IN = 0.34, 0.2, 0.55
NOTE_LETTERS = 60


def ladder_plot(source: Source) -> Plot:
    """Return the picture; of a long run its first messages."""
    from matplotlib.figure import Figure

    messages = source.messages[:MESSAGES_MAX]
    until_ns = source.messages[MESSAGES_MAX].start_ns if len(source.messages) > MESSAGES_MAX else float("inf")
    notes = [each for each in notes_of(source.events, source.stations) if each.t_ns < until_ns]
    rows: list[tuple[float, int, Message | Note]] = [(each.start_ns, 0, each) for each in messages]
    rows += [(each.t_ns, 1, each) for each in notes]
    rows.sort(key=lambda row: row[:2])
    height = HEAD_IN + sum(MESSAGE_IN if isinstance(row, Message) else NOTE_IN for *_, row in rows) + 0.15
    with styled():
        figure = Figure(figsize=(WIDTH_IN, height))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        places = {name: float(index) for index, name in enumerate(source.stations.lifelines)}
        axes.set_xlim(-0.35, max(places.values()) + 0.35 or 1)
        axes.set_ylim(height, 0)
        for name, x in places.items():
            axes.plot([x, x], [HEAD_IN - 0.2, height - 0.1], color=LIGHT["line"], linewidth=1.5)
            box = {"boxstyle": "round", "facecolor": LIGHT["panel"], "edgecolor": LIGHT["muted"]}
            axes.text(x, 0.22, short(name), ha="center", va="center", fontweight="bold", bbox=box)
        axes.text(-0.09, 0.22, "air time, ms", ha="right", va="center", fontsize=7.5, color=LIGHT["muted"])
        y = HEAD_IN
        for _, _, row in rows:
            y += MESSAGE_IN if isinstance(row, Message) else NOTE_IN
            if isinstance(row, Message):
                _draw_message(axes, row, places, y - 0.08)
            else:
                _draw_note(axes, row, places, y - 0.08)
    left_out = f" The first {MESSAGES_MAX} of {len(source.messages)} messages." if until_ns < float("inf") else ""
    return Plot("ladder", "Ladder", "message ladder", f"Every PPDU in order of air time.{left_out}", figure)


def _draw_message(axes: Axes, message: Message, places: dict[str, float], y: float) -> None:
    good = message.outcome == "received"
    shade = LIGHT["bad"] if not good else LIGHT["down" if message.down else "up"]
    begin = places.get(message.sender, 0.0)
    ends = [places[each.station] for each in message.arrivals if each.station in places] or [begin + 0.5]
    end = max(ends, key=lambda x: abs(x - begin))
    style = {"arrowstyle": "-|>" if good else "-", "color": shade, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (end, y), (begin, y), arrowprops={**style, "linestyle": "-" if good else "--"})
    if not good:
        axes.plot([end], [y], "x", color=shade, markersize=6, markeredgewidth=1.6)
    middle = (begin + end) / 2
    name: dict[str, Any] = {"fontsize": 8.5, "fontweight": "bold", "color": shade}
    axes.text(middle - 0.01, y - 0.05, short(message.name), ha="right", va="bottom", **name)
    axes.text(middle + 0.01, y - 0.05, size_words(message), ha="left", va="bottom", fontsize=7.5, color=LIGHT["muted"])
    axes.text(-0.09, y, f"{message.start_ns / 1e6:.3f}", ha="right", va="center", fontsize=7.5, color=LIGHT["muted"])
    right = max(places.values()) + 0.04
    axes.text(
        right, y, short(outcome_words(message)), va="center", fontsize=7.5, color=LIGHT["muted"] if good else shade
    )


def _draw_note(axes: Axes, note: Note, places: dict[str, float], y: float) -> None:
    x, shade = places.get(note.station, 0.0), LIGHT[TONES.get(note.tone, "note")]
    last = len(places) > 1 and x == max(places.values())
    axes.plot([x], [y], "o", color=shade, markersize=3.5)
    side = -0.015 if last else 0.015
    text = short(note.text, NOTE_LETTERS)
    axes.text(x + side, y, text, ha="right" if last else "left", va="center", fontsize=7.5, color=shade)
