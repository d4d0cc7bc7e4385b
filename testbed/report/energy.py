"""A tag's energy over the run: what its store holds, when it was dark, and what the energy went into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from testbed.event_words import number
from testbed.report.figure import SERIES, Plot, grid, new_figure, rasterised, short
from testbed.report.palette import LIGHT
from testbed.report.source import Source, table_of

NEVER_MS = float("inf")
STEPS, MARKS_FEW = 12, 200


def energy_plots(source: Source) -> list[Plot]:
    """Return the figure, none when no tag was metered."""
    spent = table_of(source.table("energy").get("spent_j"))
    levels = _levels(source)
    if not spent and not levels:
        return []
    figure = new_figure(2.6 * bool(levels) + 1.9 * bool(spent))
    heights = [2.6] * bool(levels) + [1.9] * bool(spent)
    lanes = list(figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0])
    if levels:
        _draw_levels(lanes.pop(0), source, levels)
    if spent:
        _draw_spent(lanes.pop(0), spent)
    costs = source.table("energy").get("costs")
    named = f" of the cost table {costs!r}, whose figures are this project's placeholders," if costs else ""
    caption = (
        "Above: the voltage of the store, straight in energy from one mark to the next; dark stretches are shaded. "
        f"Below: what the energy{named} was spent on."
    )
    alt = "voltage of the tag's store over air time, and energy spent by cause"
    return [Plot("energy", "Tag energy", alt, caption, figure)]


def _levels(source: Source) -> Mapping[str, tuple[list[float], list[float]]]:
    """Return station → times in ms and voltages."""
    found: dict[str, tuple[list[float], list[float]]] = {}
    for event in source.events:
        volts = number(event, "stored_v")
        if event.get("kind") == "energy" and volts is not None:
            times, values = found.setdefault(source.stations.name(event.get("node")), ([], []))
            times.append((number(event, "t_ns") or 0.0) / 1e6)
            values.append(volts)
    return found


def _draw_levels(axes: Axes, source: Source, levels: Mapping[str, tuple[list[float], list[float]]]) -> None:
    for (station, (times, volts)), shade in zip(levels.items(), SERIES * len(levels), strict=False):
        axes.plot(*_charged(times, volts), color=shade, label=short(station), linewidth=1.3)
        axes.plot(times, volts, ".", color=shade, markersize=3, rasterized=rasterised(len(times)))
    end_ms = (number(source.manifest, "stop_ns") or 0.0) / 1e6
    for begin, end in _dark(source.events):
        axes.axvspan(begin, min(end, max(end_ms, begin)), color=LIGHT["muted"], alpha=0.22, linewidth=0)
        axes.annotate("dark", (begin, 0.96), xycoords=("data", "axes fraction"), fontsize=7, va="top", xytext=(3, 0),
                      textcoords="offset points")  # fmt: skip
    if source.profile is not None:
        power = source.profile.power
        for name, volts_at in (("on", power.on_v), ("off", power.off_v)):
            axes.axhline(volts_at, color=LIGHT["muted"], linewidth=0.8, linestyle="--")
            axes.annotate(
                name, (1.0, volts_at), xycoords=("axes fraction", "data"), fontsize=7, ha="right", va="bottom"
            )
    axes.set_xlabel("air time in ms")
    axes.set_ylabel("store in V")
    axes.margins(x=0.01, y=0.12)
    grid(axes)
    if len(levels) > 1:
        axes.legend(loc="lower right")


def _charged(times: list[float], volts: list[float]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the voltage in between as well: the energy ½·C·V² is what runs straight."""
    share = np.linspace(0, 1, STEPS if len(times) < MARKS_FEW else 2)
    at, squares = np.asarray(times, float), np.square(np.asarray(volts, float))
    between = [each[:-1, np.newaxis] + np.diff(each)[:, np.newaxis] * share for each in (at, squares)]
    return between[0].ravel(), np.sqrt(np.maximum(between[1].ravel(), 0))


def _dark(events: Sequence[Mapping[str, object]]) -> list[tuple[float, float]]:
    """Return when a tag was dark, in ms."""
    found: list[tuple[float, float]] = []
    for event in events:
        at_ms = (number(event, "t_ns") or 0.0) / 1e6
        if event.get("kind") == "brown_out":
            found.append((at_ms, NEVER_MS))
        elif event.get("kind") == "power_on" and found and found[-1][1] == NEVER_MS:
            found[-1] = (found[-1][0], at_ms)
    return found


def _draw_spent(axes: Axes, spent: Mapping[str, object]) -> None:
    rows = sorted(((number(spent, key) or 0.0) * 1e9, key) for key in spent)
    values, names = [row[0] for row in rows], [short(row[1].replace("_", " ")) for row in rows]
    bars = axes.barh(names, values, color=LIGHT["down"], alpha=0.85, height=0.65)
    axes.bar_label(bars, labels=[f" {value:,.1f} nJ" for value in values], fontsize=8, color=LIGHT["ink"])
    axes.set_xlabel("energy spent in nJ")
    axes.margins(x=0.14)
    axes.grid(True, axis="x")
