"""How every plot looks, and how it is written: for a page whose colours follow the reader's screen, or as a file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from testbed.report.palette import LIGHT, colour

WIDTH_IN = 8.6
DPI = 160
POSITION_DIGITS = 5
SERIES = (LIGHT["down"], LIGHT["up"], LIGHT["good"], LIGHT["accent"], LIGHT["note"], LIGHT["bad"])
MARKERS = "os^Dv*"
POINTS_MAX = 1500
"""More points than these in a series are drawn as pixels, not as shapes."""
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # names come from files, and may hold a $
    "svg.hashsalt": "ampradio",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": LIGHT["muted"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.titlecolor": LIGHT["ink"],
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
    "xtick.labelcolor": LIGHT["ink"],
    "ytick.labelcolor": LIGHT["ink"],
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.2,
}
_HEX = re.compile("|".join(sorted(set(LIGHT.values()) - {LIGHT["paper"]})))
_BY_HEX = {value: name for name, value in LIGHT.items()}
_DUPLICABLE = re.compile(r'(\bid="|href="#|url\(#)')


@dataclass(frozen=True, eq=False)
class Plot:
    """A figure with its file's name, a caption, and words for those who do not see it."""

    name: str
    title: str
    alt: str
    caption: str
    figure: Figure


@contextmanager
def styled() -> Iterator[None]:
    """Draw within this."""
    with matplotlib.rc_context(cast(Any, _STYLE)):
        yield


def new_figure(height_in: float) -> Figure:
    """Return an empty figure of the page's width."""
    return Figure(figsize=(WIDTH_IN, height_in), layout="constrained")


def provenance(figure: Figure, text: str) -> None:
    """Write below a figure what it is of, so that it says so wherever it is pasted; and lay it out for good."""
    margin = 0.17 / float(figure.get_figheight())
    figure.text(0.995, 0.004, text, ha="right", va="bottom", fontsize=6.5, color=LIGHT["muted"])
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, margin, 1, 1 - margin))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:  # where the solver of the layout puts them differs in the last bit from time to time
        left, bottom, width, height = (round(each, POSITION_DIGITS) for each in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))


def short(text: str, letters: int = 32) -> str:
    """Return a name that leaves room for the rest of the figure."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def grid(axes: Axes) -> None:
    """Give axes a light grid."""
    axes.grid(True)


def rasterised(count: int) -> bool:
    """Tell whether so many points are to be drawn as pixels."""
    return count > POINTS_MAX


def as_page_svg(plot: Plot) -> str:
    """Return the figure as an ``<svg>`` element without declarations, its colours the page's, its ids its own."""
    text = _svg(plot.figure)
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\s+xmlns(:xlink)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'(<svg[^>]*?)\swidth="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?)\sheight="[^"]*"', r"\1", text, count=1)
    text = _HEX.sub(lambda found: colour(_BY_HEX[found.group()]), text)
    text = _DUPLICABLE.sub(lambda found: f"{found.group()}{plot.name}-", text)
    return text.replace("<svg ", '<svg role="presentation" aria-hidden="true" ', 1).strip()


def save(plot: Plot, folder: Path, extension: str) -> Path:
    """Write the figure into ``folder``, the same octets for the same run; raises OSError."""
    path = folder / f"{plot.name}.{extension}"
    if extension == "svg":
        path.write_text(_svg(plot.figure), encoding="utf-8")
    else:
        with styled():
            plot.figure.savefig(path, dpi=DPI, facecolor="white", metadata={"Software": None})
    return path


def _svg(figure: Figure) -> str:
    stream = io.StringIO()
    with styled():
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(stream, format="svg", dpi=DPI, transparent=True, metadata=nothing)
    return stream.getvalue()
