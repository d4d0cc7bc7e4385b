"""Figures of the gallery: one look, and the figures themselves inside the file, for whoever wants to check them."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from testbed.report.palette import LIGHT

SERIES = (LIGHT["down"], LIGHT["up"], LIGHT["accent"], LIGHT["good"])
MARKERS = ("o", "s", "^", "D")
_TITLE = re.compile(r"<(?:title|text)\b[^>]*>(.*?)</(?:title|text)>", re.DOTALL)
_DATA = re.compile(r"<dc:description>(.*?)</dc:description>", re.DOTALL)


def one_axes(width_in: float = 8.0, height_in: float = 3.6) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def as_svg(figure: Figure, data: Any) -> str:
    """Return the figure as SVG with ``data``, what was drawn, as JSON inside it."""
    file = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "ampradio", "svg.fonttype": "none"}):
        description = json.dumps(data, ensure_ascii=False)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Description": description})
    return file.getvalue()


def what_it_says(svg: str) -> Any:
    """Return what a picture of the gallery says: its figures, or of a diagram all its words."""
    found = _DATA.search(svg)
    if found is not None:
        return json.loads(unescape(found[1]))
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split()) for text in _TITLE.findall(svg)]
