"""The received power in time: the whole recording with its PPDUs, and one PPDU of it with its fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from testbed.capture import Recording
from testbed.picture import FIELD_COLOURS
from testbed.report.figure import Plot, new_figure, short
from testbed.report.palette import LIGHT
from testbed.report.receptions import Heard, heard_in, zero_ns

FIELDS = {**FIELD_COLOURS, "U-SIG": "#0072B3"}  # not the page's blue, which is another one where it is dark
COLUMNS = 1400
CLOSE_UP_SAMPLES = 1800
READ_MAX = 4096
"""Samples that are looked at of one column; of a longer one, as many spread over it."""
FLOOR_DB = -60.0
LETTER_SHARE = 0.0088
UPRIGHT_SHARE = 0.014
SHAPES_MAX = 400
_BEFORE_S = 8e-6


@dataclass(frozen=True)
class Envelope:
    """Power of equal pieces of a recording: middles in s, mean and largest |x|², and whether samples were left out."""

    times_s: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    peak: npt.NDArray[np.float64]
    decimated: bool


def envelope_of(recording: Recording, start: int, stop: int, columns: int = COLUMNS) -> Envelope:
    """Return the power of at most ``columns`` pieces of a range of samples; raises OSError."""
    start, stop = max(start, 0), min(stop, recording.samples)
    piece = max(1, -(-(stop - start) // columns))
    count = max(0, (stop - start) // piece)
    mean, peak = np.zeros(count), np.zeros(count)
    taken = min(piece, READ_MAX)
    for column in range(count):
        samples = recording.read(start + column * piece + (piece - taken) // 2, taken)
        power = samples.real.astype(np.float64) ** 2 + samples.imag.astype(np.float64) ** 2
        if power.size:
            mean[column], peak[column] = power.mean(), power.max()
    centres = (start + piece * (np.arange(count) + 0.5)) / recording.sample_rate_sps
    return Envelope(centres, mean, peak, taken < piece)


def envelope_plots(recordings: tuple[Recording, ...]) -> list[Plot]:
    """Return the figure of every recording over the whole run, and that of one PPDU of each."""
    if not recordings:
        return []
    return [_overview(recordings), *_close_ups(recordings)]


def _overview(recordings: tuple[Recording, ...]) -> Plot:
    figure = new_figure(2.0 * len(recordings) + 0.5)
    lanes = figure.subplots(len(recordings), 1, sharex=True, squeeze=False)[:, 0]
    decimated = False
    for axes, recording in zip(lanes, recordings, strict=True):
        decimated |= _lane(axes, recording)
    lanes[-1].set_xlabel("air time in ms")
    whole_s = max(each.duration_s + zero_ns(each) / 1e9 for each in recordings)
    lanes[-1].set_xlim(min(0.0, *(zero_ns(each) / 1e6 for each in recordings)), whole_s * 1e3)
    note = f" Of each column at most {READ_MAX} samples were looked at." if decimated else ""
    caption = (
        "Power |x|² in dB, 0 dB being an amplitude of 1: mean (line) and largest sample (shade) of each column. "
        f"Bands are received PPDUs, bars at the foot what the receiver was told to ignore.{note}"
    )
    return Plot("envelope", "Envelope", f"received power of {len(recordings)} receivers over air time", caption, figure)


def _lane(axes: Axes, recording: Recording) -> bool:
    got = envelope_of(recording, 0, recording.samples)
    zero_ms = zero_ns(recording) / 1e6
    times = got.times_s * 1e3 + zero_ms
    mean, peak = _db(got.mean), _db(got.peak)
    axes.fill_between(times, mean, peak, color=LIGHT["down"], alpha=0.25, linewidth=0)
    axes.plot(times, mean, color=LIGHT["down"], linewidth=0.8)
    low = float(np.percentile(mean, 1)) if mean.size else FLOOR_DB
    high = float(np.max(peak, initial=low + 1))
    axes.set_ylim(low - 5, high + 0.6 * (high - low) + 2)
    axes.set_ylabel("power in dB")
    axes.set_title(f"Received by {short(recording.node)}")
    span_ms = recording.duration_s * 1e3
    bands = [(each.label, each.reception.rxvector) for each in heard_in(recording)]
    times_ms = [(vector.start_ns / 1e6, (vector.end_ns - vector.start_ns) / 1e6) for _, vector in bands]
    _bars(axes, times_ms, (0, 1), color=LIGHT["up"], alpha=0.14)
    for (label, _), (begin, lasts) in zip(bands, times_ms, strict=True):
        share = lasts / span_ms
        if share > min(LETTER_SHARE * len(label), UPRIGHT_SHARE):
            upright = 0 if share > LETTER_SHARE * len(label) else 90
            style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 6.5, "clip_on": True, "rotation": upright}
            axes.text(begin + lasts / 2, 0.98, label, transform=axes.get_xaxis_transform(), **style)
    rate = recording.sample_rate_sps / 1e3
    blanks = [(start / rate + zero_ms, (stop - start) / rate) for start, stop in recording.blanks]
    _bars(axes, blanks, (0.01, 0.025), color=LIGHT["muted"], alpha=0.8)
    return got.decimated


def _bars(axes: Axes, times_ms: list[tuple[float, float]], heights: tuple[float, float], **style: Any) -> None:
    """Draw bars from (begin, duration), their height in shares of the axes."""
    many = len(times_ms) > SHAPES_MAX
    axes.broken_barh(
        times_ms, heights, transform=axes.get_xaxis_transform(), linewidth=0, rasterized=many, clip_on=True, **style
    )


def _close_ups(recordings: tuple[Recording, ...]) -> list[Plot]:
    shown = [(each, chosen) for each in recordings if (chosen := _first(each)) is not None]
    if not shown:
        return []
    figure = new_figure(2.0 * len(shown) + 0.6)
    lanes = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    used: dict[str, None] = {}
    for axes, (recording, heard) in zip(lanes, shown, strict=True):
        used |= _fields(axes, recording, heard)
    lanes[-1].set_xlabel("µs from the first sample of the PPDU")
    patches = [
        Patch(facecolor=FIELDS.get(name, "#EEEEEE"), alpha=0.6, edgecolor=LIGHT["muted"], lw=0.4, label=name)
        for name in sorted(used, key=[*FIELDS, *used].index)
    ]
    figure.legend(handles=patches, loc="outside upper center", ncols=min(len(patches), 10))
    caption = (
        "The beginning of the first PPDU of each receiver that is no Ack, with the fields that the receiver found."
    )
    alt = "power of " + " and of ".join(f"{short(heard.label)} at {each.node}" for each, heard in shown)
    return [Plot("fields", "Fields of a PPDU", alt, caption, figure)]


def _first(recording: Recording) -> Heard | None:
    found = heard_in(recording)
    return next((each for each in found if not each.is_ack), found[0] if found else None)


def _fields(axes: Axes, recording: Recording, heard: Heard) -> dict[str, None]:
    rate, fields = recording.sample_rate_sps, heard.reception.fields
    zero = heard.reception.rxvector.start_sample
    margin = int(_BEFORE_S * rate)
    last = min(fields[-1].stop_sample + margin, zero + int(260e-6 * rate))
    got = envelope_of(recording, zero - margin, last, CLOSE_UP_SAMPLES)
    used: dict[str, None] = {}
    for field in fields:
        if field.start_sample < last:
            edges = [(min(each, last) - zero) / rate * 1e6 for each in (field.start_sample, field.stop_sample)]
            axes.axvspan(*edges, color=FIELDS.get(field.name, "#EEEEEE"), alpha=0.4, linewidth=0)
            used[field.name] = None
    axes.plot((got.times_s - zero / rate) * 1e6, got.mean, color=LIGHT["ink"], linewidth=0.6)
    axes.set_xlim((max(zero - margin, 0) - zero) / rate * 1e6, (last - zero) / rate * 1e6)
    axes.set_ylim(0, 1.15 * float(np.max(got.mean, initial=0.0)) or 1.0)
    axes.set_ylabel("power |x|²")
    vector = heard.reception.rxvector
    axes.set_title(
        f"{short(heard.label)} at {short(recording.node)}: {vector.kind.name}, {vector.rate_bps / 1e3:g} kb/s"
    )
    return used


def _db(power: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))
