"""A picture of one PPDU's probes: envelope, correlation over its threshold, timing, soft chips.

``python -m testbed.probe_picture PROBES --out probes.png [--frame ap-000]``
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from testbed.picture import FIELD_COLOURS, INK

BLUE, ORANGE = "#0072B2", "#D55E00"
LEAST_SHARE = 0.05  # of the width that a field has before its name is written
SIZE_IN, DPI = (9.0, 8.0), 110
_ABOVE: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1, 0.98), "ncols": 2, "frameon": False}


@dataclass(frozen=True, eq=False)
class Probe:
    """A signal that was read again: values at times in microseconds, and fields as (name, begin, end)."""

    description: str
    values: npt.NDArray[np.float32] | npt.NDArray[np.complex64]
    times_us: npt.NDArray[np.float64]
    fields: tuple[tuple[str, float, float], ...]


def read_frame(folder: Path, frame: str) -> dict[str, Probe]:
    """Return the signals of the frame whose files begin with ``frame`` (the first, if empty), by name.

    Raises:
        ValueError: there is none.
    """
    metas = sorted(folder.glob(f"{frame}*.sigmf-meta"))
    if not metas:
        raise ValueError(f"{folder}: no probes of {frame or 'any frame'}; write some with amp replay --probe {folder}")
    return dict(_read(meta) for meta in metas if _frame_of(meta) == _frame_of(metas[0]))


def _frame_of(meta: Path) -> str:
    return meta.name.removesuffix(".sigmf-meta").rpartition("-")[0]


def _read(meta: Path) -> tuple[str, Probe]:
    document = json.loads(meta.read_text())
    facts = document["global"]
    values = np.fromfile(meta.with_suffix(".sigmf-data"), "<c8" if facts["core:datatype"] == "cf32_le" else "<f4")
    first_us = facts["amp:first_sample"] / facts["amp:stream_sample_rate"] * 1e6
    step_us = 1e6 / facts["core:sample_rate"]
    fields = tuple(
        (each["core:label"], first_us + start * step_us, first_us + (start + each["core:sample_count"]) * step_us)
        for each in document["annotations"]
        for start in (each["core:sample_start"],)
    )
    times_us = first_us + np.arange(values.size) * step_us
    return facts["amp:signal"], Probe(facts["core:description"], values, times_us, fields)


def draw(signals: dict[str, Probe]) -> Figure:
    """Return the figure of one PPDU."""
    matplotlib.rcParams.update({"font.size": 9, "svg.hashsalt": "ampradio", "text.color": INK})
    figure = Figure(figsize=SIZE_IN, layout="constrained")
    envelope, correlation, timing, chips = figure.subplots(4, 1)
    _draw_envelope(envelope, signals["envelope"])
    _draw_correlation(correlation, signals["correlation"], signals["threshold"], signals["envelope"])
    for name, style in (("timing_of_sync", "--"), ("timing", "-")):
        label = "by " + signals[name].description.rpartition(", by ")[2].removesuffix(", ns")
        timing.plot(signals[name].times_us, signals[name].values, style, color=BLUE, label=label)
    timing.set_ylabel("edges late, ns")
    timing.legend(**_ABOVE)
    _draw_chips(chips, signals["soft_chips"])
    chips.set_xlabel("time in the recording, µs")
    for axes in (envelope, timing, chips):
        axes.set_xlim(signals["envelope"].times_us[0], signals["envelope"].times_us[-1])
    for axes in (envelope, correlation, timing, chips):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_envelope(axes: Axes, envelope: Probe) -> None:
    axes.plot(envelope.times_us, envelope.values, color=INK, linewidth=0.4)
    axes.set_ylabel("envelope, |x|²")
    _shade(axes, envelope.fields, envelope.times_us[-1] - envelope.times_us[0])


def _shade(axes: Axes, fields: Sequence[tuple[str, float, float]], width_us: float) -> None:
    for name, begin_us, end_us in fields:
        axes.axvspan(begin_us, end_us, color=FIELD_COLOURS.get(name, "#EEEEEE"), alpha=0.25, linewidth=0)
        if end_us - begin_us > LEAST_SHARE * width_us:
            middle_us = (begin_us + end_us) / 2
            axes.text(middle_us, 1.01, name, ha="center", va="bottom", transform=axes.get_xaxis_transform())


def _draw_correlation(axes: Axes, correlation: Probe, threshold: Probe, envelope: Probe) -> None:
    """Draw the stretch about the AMP-Sync."""
    name, begin_us, end_us = next(each for each in envelope.fields if each[0] == "AMP-Sync")
    size = np.abs(correlation.values)
    axes.plot(correlation.times_us, size, color=BLUE, marker=".", markersize=2, linewidth=0.8)
    axes.plot(threshold.times_us, threshold.values, color=ORANGE, label="threshold")
    axes.axvline(begin_us, color=FIELD_COLOURS[name], linewidth=1, linestyle=":", label="first edge of the AMP-Sync")
    axes.set_xlim(begin_us - (end_us - begin_us), end_us)
    axes.set_ylabel("correlation")
    axes.legend(**_ABOVE)


def _draw_chips(axes: Axes, chips: Probe) -> None:
    values = np.real(chips.values)
    second = np.arange(values.size) % 2 == 1
    axes.plot(chips.times_us[~second], values[~second], ".", color=BLUE, markersize=3, label="first half of a bit")
    axes.plot(chips.times_us[second], values[second], ".", color=ORANGE, markersize=3, label="second half")
    axes.set_ylabel("soft chips")
    axes.legend(**_ABOVE)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw; 2 when there is nothing to draw."""
    parser = argparse.ArgumentParser(prog="probe_picture", description=__doc__)
    parser.add_argument("probes", type=Path, help="folder that amp replay --probe wrote")
    parser.add_argument("--frame", default="", help="beginning of a file name, such as tag-000; the first by default")
    parser.add_argument("--out", type=Path, required=True, help="picture, .png or .svg")
    arguments = parser.parse_args(argv)
    try:
        figure = draw(read_frame(arguments.probes, arguments.frame))
        figure.savefig(arguments.out, dpi=DPI)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"probe_picture: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
