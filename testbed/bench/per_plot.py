"""The curves of ``make bench-per`` as pictures: packet error rates with their intervals over theory, a panel a mode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

COLOURS = {100.0: "#0072B2", 1000.0: "#E69F00", 10_000.0: "#009E73", 100_000.0: "#D55E00"}  # Okabe and Ito
MARKS = {100.0: "o", 1000.0: "s", 10_000.0: "^", 100_000.0: "D"}
_COLUMNS = 4
_WIDTH, _HEIGHT = 2.9, 2.7  # inches a panel
_LEAST = 5e-5


def draw(curves: Sequence[dict[str, Any]], path: Path) -> Path:
    """Draw ``curves``, entries of ``per.json``, into ``path`` and return it."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "per", "font.size": 8})
    from matplotlib import pyplot

    names = list(dict.fromkeys(curve["mode"] for curve in curves))
    columns = min(_COLUMNS, len(names))
    rows = -(-len(names) // columns)
    size = (_WIDTH * columns, _HEIGHT * rows)
    figure, panels = pyplot.subplots(rows, columns, figsize=size, sharey=True, squeeze=False)
    for panel in panels.flat[len(names) :]:
        panel.set_visible(False)
    for panel, name in zip(panels.flat, names, strict=False):
        _draw_mode(panel, [curve for curve in curves if curve["mode"] == name])
        panel.set(title=name, xlabel="Ec/N0, dB", yscale="log", ylim=(_LEAST, 1))
        panel.grid(True, which="major", alpha=0.3)
    for panel in panels[:, 0]:
        panel.set_ylabel("packet error rate")
    panels[0, 0].legend(fontsize=7, loc="lower left")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path


def _draw_mode(panel: Any, curves: Sequence[dict[str, Any]]) -> None:
    for curve in curves:
        clock = float(curve["clock_ppm"])
        points = curve["curve"]
        where = [point["ecn0_db"] for point in points]
        rates = [point["per"] for point in points]
        spans = [
            [max(point["per"] - point["interval"][0], 0) for point in points],
            [max(point["interval"][1] - point["per"], 0) for point in points],
        ]
        colour, label = COLOURS[clock], f"±{clock:g} ppm"
        panel.errorbar(where, rates, spans, color=colour, marker=MARKS[clock], ms=3, lw=0.9, capsize=2, label=label)
        if curve["reference"]:
            _draw_line(panel, [(point["ecn0_db"], point["per"]) for point in curve["reference"]], colour, ":")
        if curve["floor"]:  # the upper bound, from which the rate is further down
            bound = curve["floor"]["interval"][1]
            panel.plot([curve["floor"]["ecn0_db"]], [bound], color=colour, marker="v", ms=4, ls="", mfc="none")
    _draw_line(panel, [(point["ecn0_db"], point["limit"]) for point in curves[0]["curve"]], "black", "--")


def _draw_line(panel: Any, points: Sequence[tuple[float, float | None]], colour: str, style: str) -> None:
    shown = [(where, rate) for where, rate in points if rate]
    if shown:
        panel.plot(*zip(*shown, strict=True), color=colour, ls=style, lw=1)
