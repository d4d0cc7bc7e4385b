"""Sequence diagrams: the ladder of an example's own run."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from testbed.experiment import load_experiment
from testbed.report.ladder_svg import ladder_svg
from testbed.report.messages import Message, messages_of, stations_of
from testbed.report.notes import notes_of
from testbed.report.palette import LIGHT, plain
from testbed.runner.run import run_experiment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Event = Mapping[str, object]


def ladder_of(name: str, *overrides: str, until_ms: float | None = None, radio: str = "sim:") -> str:
    """Return the ladder of ``examples/NAME.toml`` as an SVG file, up to an air time; times alone are measured."""
    experiment = load_experiment(EXAMPLES / f"{name}.toml", overrides=overrides, radio=radio)
    events: list[Event] = []
    with tempfile.TemporaryDirectory() as folder:
        run_experiment(experiment, out=Path(folder) / name, tell=events.append)
    stations = stations_of({"experiment": experiment.to_manifest()}, events)
    until_ns = float("inf") if until_ms is None else until_ms * 1e6
    messages = [_without_measured(each) for each in messages_of(events, stations) if each.start_ns < until_ns]
    notes = [each for each in notes_of(events, stations) if each.t_ns < until_ns]
    return on_paper(plain(ladder_svg(stations.lifelines, messages, notes, f"messages of {name}")))


def on_paper(svg: str) -> str:
    """Return the SVG with a ground of its own, for readers whose page is dark."""
    ground = f'<rect width="100%" height="100%" fill="{LIGHT["paper"]}"/>'
    return re.sub(r"(<svg[^>]*>)", rf"\1{ground}", svg, count=1) + "\n"


def _without_measured(message: Message) -> Message:
    """Return the message without what its receiver measured: a diagram is of the protocol, not of the noise."""
    arrivals = tuple(replace(each, snr_db=None, clock_ppm=None, cfo_hz=None) for each in message.arrivals)
    return replace(message, arrivals=arrivals)
