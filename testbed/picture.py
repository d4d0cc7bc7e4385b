"""A picture of a recorded run: the received power in time, with every PPDU named and every field marked.

``python -m testbed.picture RUN --out exchange.svg [--start-ms A --stop-ms B]``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from testbed.capture import CaptureError, Recording, open_captures
from testbed.capture.annotations import COUNT, LABEL, START, RecordedFrame

# Okabe and Ito's palette: told apart with every kind of colour vision.
FIELD_COLOURS = {
    "L-STF": "#E69F00",
    "L-LTF": "#56B4E9",
    "L-SIG": "#009E73",
    "RL-SIG": "#F0E442",
    "U-SIG": "#0072B2",
    "AMP-Sync": "#D55E00",
    "AMP-SIG": "#CC79A7",
    "AMP-Data": "#999999",
    "Padding": "#DDDDDD",
    "Signal extension": "#FFFFFF",
}
LANES = {"tag": "received by the tag", "ap": "received by the AP"}
INK = "#222222"
COLUMNS = 4000
CLOSE_UP_S = 260e-6
CLOSE_UP_COLUMNS = 1000
LETTER_SHARE = 0.0058
FIELD_LEAST_SHARE = 0.035


@dataclass(frozen=True)
class Mark:
    """A field of a received PPDU."""

    name: str
    start_sample: int
    stop_sample: int


def envelope(
    recording: Recording, start: int, stop: int, columns: int = COLUMNS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return time in seconds and mean power |x|² of at most ``columns`` equal pieces of a sample range, shape (m,)."""
    start, stop = max(start, 0), min(stop, recording.samples)
    piece = max(1, -(-(stop - start) // columns))
    count = max(0, (stop - start) // piece)
    power = np.empty(count)
    rows = max(1, (1 << 20) // piece)
    for first in range(0, count, rows):
        last = min(count, first + rows)
        samples = recording.read(start + first * piece, (last - first) * piece)
        power[first:last] = (np.abs(samples.astype(np.complex128)) ** 2).reshape(last - first, piece).mean(axis=1)
    centres = start + piece * (np.arange(count) + 0.5)
    return centres / recording.sample_rate_sps, power


def marks(recording: Recording) -> list[Mark]:
    """Return the fields of every received PPDU."""
    return [
        Mark(str(each[LABEL]), _sample(each, START), _sample(each, START) + _sample(each, COUNT))
        for each in recording.annotations
        if "amp:field" in each
    ]


def _sample(annotation: Mapping[str, object], key: str) -> int:
    return int(str(annotation[key]))


def draw(recordings: Sequence[Recording], start_s: float = 0.0, stop_s: float | None = None) -> Figure:
    """Return the figure: a lane per receiver over the whole range, and below a close-up of one PPDU of each.

    Raises CaptureError when there is nothing to draw.
    """
    lanes = sorted((each for each in recordings if each.role in LANES), key=lambda each: list(LANES).index(each.role))
    if not lanes:
        path = recordings[0].meta_path if recordings else "-"
        raise CaptureError(path, "does not say who received it", "draw a run folder of `amp run`")
    whole_s = max(each.duration_s for each in lanes)
    stop_s = whole_s if stop_s is None else min(stop_s, whole_s)
    if not 0 <= start_s < stop_s:
        raise CaptureError(lanes[0].meta_path, f"has nothing from {start_s} s to {stop_s} s", "give another range")
    figure = Figure(figsize=(12.0, 2.0 * len(lanes) + 3.2), layout="constrained")
    grid = figure.add_gridspec(len(lanes) + 1, len(lanes), height_ratios=[1.0] * len(lanes) + [1.4])
    used: dict[str, None] = {}
    for row, recording in enumerate(lanes):
        axes = figure.add_subplot(grid[row, :])
        used |= _lane(axes, recording, start_s, stop_s, unit_s=1e-3, close=False)
        axes.set_title(LANES[recording.role], loc="left", fontsize=10, color=INK)
        axes.set_xlabel("air time in ms" if row == len(lanes) - 1 else "")
        detail = figure.add_subplot(grid[len(lanes), row])
        frame = _first_frame(recording, start_s, stop_s)
        begin_s = frame.start_sample / recording.sample_rate_sps - 8e-6 if frame else start_s
        used |= _lane(detail, recording, begin_s, begin_s + CLOSE_UP_S, unit_s=1e-6, close=True)
        title = f"{frame.label}, its first {CLOSE_UP_S * 1e6:.0f} µs" if frame else ""
        detail.set_title(title, loc="left", fontsize=10, color=INK)
        detail.set_xlabel("µs from sample 0 of the PPDU" if frame else "µs")
    names = [name for name in FIELD_COLOURS if name in used]
    patches = [Patch(facecolor=FIELD_COLOURS[name], edgecolor=INK, linewidth=0.4, label=name) for name in names]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(names) or 1, fontsize=8, frameon=False)
    return figure


def _first_frame(recording: Recording, start_s: float, stop_s: float) -> RecordedFrame | None:
    """Return the first PPDU of the range that is no Ack, the first at all when all are."""
    begin, end = start_s * recording.sample_rate_sps, stop_s * recording.sample_rate_sps
    within = [each for each in recording.frames if begin <= each.start_sample < end]
    return next((each for each in within if each.label != "Ack"), within[0] if within else None)


def _lane(
    axes: Axes, recording: Recording, start_s: float, stop_s: float, *, unit_s: float, close: bool
) -> dict[str, None]:
    """Draw one receiver's power with its fields and names; return the names of the fields drawn."""
    rate = recording.sample_rate_sps
    first, last = int(start_s * rate), int(stop_s * rate)
    zero_s = 0.0 if not close else start_s + 8e-6
    times, power = envelope(recording, first, last, CLOSE_UP_COLUMNS if close else COLUMNS)
    drawn: dict[str, None] = {}
    for mark in marks(recording):
        if mark.stop_sample <= first or mark.start_sample >= last:
            continue
        begin, end = max(mark.start_sample / rate, start_s), min(mark.stop_sample / rate, stop_s)
        colour = FIELD_COLOURS.get(mark.name, "#EEEEEE")
        axes.axvspan((begin - zero_s) / unit_s, (end - zero_s) / unit_s, color=colour, alpha=0.55, linewidth=0)
        drawn[mark.name] = None
        if close:
            _field_name(axes, mark.name, begin, end, stop_s - start_s, zero_s, unit_s)
    axes.plot((times - zero_s) / unit_s, power, color=INK, linewidth=0.6)
    axes.set_xlim((start_s - zero_s) / unit_s, (stop_s - zero_s) / unit_s)
    axes.set_ylim(0.0, 1.4 * (float(np.max(power, initial=0.0)) or 1.0))
    axes.set_ylabel("power |x|²", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    if not close:
        _frame_names(axes, recording, start_s, stop_s, unit_s)
    return drawn


def _field_name(
    axes: Axes, name: str, begin: float, end: float, width_s: float, zero_s: float, unit_s: float
) -> None:
    upright = (end - begin) < FIELD_LEAST_SHARE * 2.5 * width_s
    if upright and (end - begin) < FIELD_LEAST_SHARE * 0.4 * width_s:
        return
    place = ((begin + end) / 2 - zero_s) / unit_s
    transform = axes.get_xaxis_transform()
    style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 7, "color": INK, "transform": transform}
    axes.text(place, 0.99, name, rotation=90 if upright else 0, **style)


def _frame_names(axes: Axes, recording: Recording, start_s: float, stop_s: float, unit_s: float) -> None:
    rate = recording.sample_rate_sps
    for frame in recording.frames:
        begin, end = frame.start_sample / rate, (frame.start_sample + frame.sample_count) / rate
        begin, end = max(begin, start_s), min(end, stop_s)
        if end - begin < LETTER_SHARE * max(len(frame.label), len("25 dB")) * (stop_s - start_s):
            continue
        snr = f"\n{frame.snr_db:.0f} dB" if frame.snr_db is not None else ""
        axes.text(
            (begin + end) / 2 / unit_s,
            0.98,
            f"{frame.label}{snr}",
            ha="center",
            va="top",
            fontsize=7,
            color=INK,
            transform=axes.get_xaxis_transform(),
            clip_on=True,
        )


def save(figure: Figure, path: Path) -> None:
    """Write the figure in the format of the path's extension, the same octets for the same recording."""
    with matplotlib.rc_context({"svg.hashsalt": "ampradio", "svg.fonttype": "none"}):
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, dpi=130, metadata=metadata)


def main(argv: Sequence[str] | None = None) -> int:
    """Draw a run; 0 when done, 2 when there is nothing to draw."""
    parser = argparse.ArgumentParser(prog="python -m testbed.picture", description=__doc__)
    parser.add_argument("path", type=Path, metavar="RUN", help="a run folder, or a SigMF recording of one")
    parser.add_argument("--out", type=Path, required=True, help="where to: .svg, .png or .pdf")
    parser.add_argument("--start-ms", type=float, default=0.0, help="draw from this air time")
    parser.add_argument("--stop-ms", type=float, default=None, help="draw up to this air time")
    args = parser.parse_args(argv)
    try:
        stop_s = None if args.stop_ms is None else args.stop_ms / 1e3
        figure = draw(open_captures(args.path), args.start_ms / 1e3, stop_s)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        save(figure, args.out)
    except CaptureError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(f"{args.out}: cannot be written: {error}", file=sys.stderr)
        return 2
    print(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
