"""A recording's envelope with the fields that the receiver finds in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ampradio.profile import load_profile
from testbed.capture import open_capture
from testbed.gallery.drawing import as_svg, one_axes
from testbed.picture import FIELD_COLOURS, INK
from testbed.replay_receivers import replay_receiver

GOLDEN = Path(__file__).resolve().parents[2] / "tests/golden/recordings"
COLUMNS = 1500
LEAST_SHARE = 0.04


def golden(name: str) -> str:
    """Return the envelope of the golden recording ``name`` with what comes out of it, as SVG."""
    recording = open_capture(GOLDEN / f"{name}.sigmf-meta")
    samples = recording.read(0, recording.samples)
    receptions = replay_receiver(recording, load_profile(), recording.role).feed(samples)
    rate_sps = recording.sample_rate_sps
    piece = max(1, samples.size // COLUMNS)
    power = (np.abs(samples[: samples.size // piece * piece]) ** 2).reshape(-1, piece).mean(axis=1)
    figure, axes = one_axes(8.0, 2.8)
    fields = [[field.name, field.start_sample, field.stop_sample] for each in receptions for field in each.fields]
    for label, start, stop in fields:
        begin_us, long_us = start / rate_sps * 1e6, (stop - start) / rate_sps * 1e6
        axes.axvspan(begin_us, begin_us + long_us, color=FIELD_COLOURS.get(label, "#EEEEEE"), alpha=0.55, linewidth=0)
        if stop - start > LEAST_SHARE * samples.size:
            place = (begin_us + long_us / 2, 1.02)
            axes.text(*place, label, ha="center", fontsize=8, color=INK, transform=axes.get_xaxis_transform())
    axes.plot(np.arange(power.size) * piece / rate_sps * 1e6, power, color=INK, linewidth=0.5)
    axes.set_xlim(0, samples.size / rate_sps * 1e6)
    axes.set_xlabel("µs", fontsize=9)
    axes.set_ylabel("power |x|²", fontsize=9)
    return as_svg(figure, {"psdus": [each.psdu.hex() for each in receptions], "fields": fields})
