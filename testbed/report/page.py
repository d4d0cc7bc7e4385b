"""The page: every view of a run, one after the other, in one HTML file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from testbed.report.counters import drop_reasons, event_counters, receiver_counters
from testbed.report.facts import (
    air_of,
    assumptions_of,
    facts_of,
    figures,
    parameters_of,
    placeholders_of,
    verdict_of,
)
from testbed.report.figure import Plot, as_page_svg
from testbed.report.frames_table import HEADINGS, ROWS_MAX, rows_of
from testbed.report.key_life import key_lives_of, key_parameters
from testbed.report.ladder_view import ladder_of
from testbed.report.palette import css_variables
from testbed.report.radios import radio_facts, radio_losses
from testbed.report.source import Source

KEYS_MAX = 500
TEXT_HEADINGS = frozenset({"way", "from", "to", "frame", "PPDU", "outcome"})


@dataclass(frozen=True)
class View:
    """A section of plots; ``nothing`` says why something is not there."""

    id: str
    title: str
    plots: Sequence[Plot]
    nothing: str = ""


@dataclass(frozen=True)
class _Shown:
    name: str
    title: str
    alt: str
    caption: str
    svg: Markup


def page_of(source: Source, views: Sequence[View]) -> str:
    """Return the whole page."""
    rows, ladder, lives = rows_of(source), ladder_of(source), key_lives_of(source)
    script = _resource("page.js")
    left_out = f" The first {ROWS_MAX} of them are here; frames.pcapng has all." if len(rows) > ROWS_MAX else ""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    titles = [("run", "Run"), ("ladder", "Ladder"), ("frames", "Frames"), *((each.id, each.title) for each in views)]
    return environment.from_string(_resource("page.html.j2")).render(
        name=str(source.manifest.get("name") or "run"),
        seed=source.table("seeds").get("run", "?"),
        profile=source.manifest.get("profile"),
        source_name=source.name,
        version=_version(),
        style=Markup(css_variables() + _resource("page.css")),
        script=Markup(script),
        script_hash=_hash(script),
        verdict=verdict_of(source),
        air=air_of(source),
        figures=figures(source),
        facts=facts_of(source),
        parameters=parameters_of(source),
        experiment=json.dumps(source.manifest.get("experiment"), indent=2, ensure_ascii=False),
        warnings=[*source.warnings, *radio_losses(source)],
        radios=radio_facts(source),
        sections=[*titles, ("counters", "Counters"), ("placeholders", "Placeholders")],
        messages=source.messages,
        ladder=Markup(ladder.svg),
        ladder_note=ladder.note,
        rows=rows[:ROWS_MAX],
        headings=HEADINGS,
        numeric=[each not in TEXT_HEADINGS for each in HEADINGS],
        frames_note=f"{len(source.messages)} PPDUs were sent; a row for each station that one was for.{left_out}",
        views=[(each.id, each.title, [_shown(plot) for plot in each.plots], each.nothing) for each in views],
        keys=lives[:KEYS_MAX],
        keys_note=f" The table has the first {KEYS_MAX} of {len(lives)}." if len(lives) > KEYS_MAX else "",
        key_parameters=key_parameters(source),
        receiver_counters=receiver_counters(source),
        event_counters=event_counters(source),
        drop_reasons=drop_reasons(source),
        assumptions=assumptions_of(source),
        placeholders=placeholders_of(source),
        ms=lambda value_ns: "–" if value_ns is None else f"{value_ns / 1e6:.3f}",
    )


def _shown(plot: Plot) -> _Shown:
    return _Shown(plot.name, plot.title, plot.alt, plot.caption, Markup(as_page_svg(plot)))


def _resource(name: str) -> str:
    return resources.files("testbed.report").joinpath(name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _version() -> str:
    try:
        return metadata.version("ampradio")
    except metadata.PackageNotFoundError:
        return ""
