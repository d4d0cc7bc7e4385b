"""What the receivers measured of every PPDU over the run: SNR, the sender's clock, its carrier."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from testbed.event_words import number
from testbed.report.figure import MARKERS, SERIES, Plot, grid, new_figure, rasterised, short
from testbed.report.palette import LIGHT
from testbed.report.source import Source, table_of

FIGURES = (
    ("snr_db", "SNR in dB", 1.0, 4.0),
    ("clock_ppm", "clock error in ppm", 1.0, 40.0),
    ("cfo_hz", "carrier offset in kHz", 1e-3, 0.2),
)
"""Of an arrival: its name, its axis, the factor to the axis's unit, and the least that the axis spans."""
MARKS_FEW = 300
_WAYS = (True, False)


def estimates_plots(source: Source) -> list[Plot]:
    """Return the figure, none when nothing was measured."""
    rows = [
        each for each in FIGURES if any(getattr(a, each[0]) is not None for m in source.messages for a in m.arrivals)
    ]
    if not rows:
        return []
    figure = new_figure(1.55 * len(rows) + 0.6)
    lanes = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, label, factor, least) in zip(lanes, rows, strict=True):
        _draw(axes, source, name, factor)
        axes.set_ylabel(label)
        grid(axes)
        axes.margins(x=0.02, y=0.18)
        low, high = axes.get_ylim()
        if high - low < least:
            axes.set_ylim((low + high - least) / 2, (low + high + least) / 2)
        axes.ticklabel_format(axis="y", useOffset=False)
    lanes[-1].set_xlabel("air time in ms")
    handles, labels = lanes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    caption = (
        "One mark a PPDU, as its receiver measured it; crosses are PPDUs that were dropped. A tag's receiver sees "
        "power only and has no carrier."
    )
    if _asked(source):
        caption += " Dashed: what the experiment asked for."
    alt = "SNR, clock error and carrier offset of every received PPDU over air time"
    return [Plot("estimates", "Estimates", alt, caption, figure)]


def _draw(axes: Axes, source: Source, name: str, factor: float) -> None:
    ways: dict[tuple[bool, str], tuple[list[float], list[float]]] = {}
    lost: tuple[list[float], list[float]] = ([], [])
    for message in source.messages:
        for arrival in message.arrivals:
            value = getattr(arrival, name)
            if value is None:
                continue
            taken = arrival.outcome == "received"
            series = ways.setdefault((message.down, arrival.station), ([], [])) if taken else lost
            series[0].append(message.start_ns / 1e6)
            series[1].append(value * factor)
    asked = _asked(source)
    everybody = dict.fromkeys((each.down, arrival.station) for each in source.messages for arrival in each.arrivals)
    for (down, station), (times, values) in ways.items():
        index = list(everybody).index((down, station))
        shade = SERIES[index % len(SERIES)]
        axes.plot(
            times, values, MARKERS[index % len(MARKERS)], color=shade, markeredgewidth=0,
            markersize=4 if len(times) < MARKS_FEW else 2,
            rasterized=rasterised(len(times)), label=f"{'downlink' if down else 'uplink'} at {short(station)}",
        )  # fmt: skip
        if (down, name) in asked:
            axes.axhline(asked[down, name] * factor, color=shade, linewidth=0.9, linestyle="--")
    if lost[0]:
        axes.plot(*lost, "x", color=LIGHT["bad"], markersize=5, label="dropped")


def _asked(source: Source) -> Mapping[tuple[bool, str], float]:
    """Return what the experiment asked for, where it says so in one number: (downlink?, figure) → value."""
    experiment = source.table("experiment")
    channel, tags = table_of(experiment.get("channel")), experiment.get("tags")
    found: dict[tuple[bool, str], float | None] = {}
    # A radio samples a band of its own, and an SNR is over the noise in the band that is sampled.
    if _air(source) != "emu" and channel.get("distance_m") is None and channel.get("multipath") == "none":
        found = {(way, "snr_db"): number(channel, f"{'down' if way else 'up'}link_snr_db") for way in _WAYS}
    if isinstance(tags, list) and len(tags) == 1 and not number(channel, "clock_ppm"):
        found[False, "clock_ppm"] = number(table_of(tags[0]), "chip_clock_ppm")
        if not number(channel, "carrier_offset_hz"):
            found[False, "cfo_hz"] = number(table_of(tags[0]), "carrier_offset_hz")
    simulated = _air(source) in ("sim", "zmq", "emu")
    return {key: value for key, value in found.items() if value is not None and simulated}


def _air(source: Source) -> str:
    return str(source.manifest.get("radio", "")).partition(":")[0]
