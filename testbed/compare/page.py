"""A comparison as pictures, and as one HTML page that needs nothing beside it."""

from __future__ import annotations

import html
import io
from pathlib import Path

from testbed.compare.tables import figures
from testbed.compare.work import Comparison

MARKERS = "osD^vPX*<>"
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem; }
body { color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top; }
td.broken { font-weight: bold; background: #fde8d7; }
th { background: #f0f0f0; } svg { max-width: 100%; height: auto; } figure { margin: 1.5rem 0; }
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #e6e6e6; } th { background: #2a2d33; }
  td.broken { background: #5a3517; } svg { background: #fff; }
}
"""


def pictures(comparison: Comparison) -> dict[str, bytes]:
    """Return the plots as SVG and PNG by file name."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "amp compare"
    drawn = {}
    axes = (
        ("snr_db", "completion-snr", "SNR both ways, dB (ON power over noise in 20 MHz)"),
        ("incident_dbm", "completion-power", "RF power at the tag, dBm"),
    )
    for over, name, label in axes:
        if any(point.over == over for point in comparison.points):
            drawn |= _rendered(_curves(comparison, over, label), name)
    if comparison.costs:
        drawn |= _rendered(_energy(comparison), "energy")
    return drawn


def page(comparison: Comparison, drawn: dict[str, bytes]) -> str:
    """Return the HTML page with every figure and the SVG pictures inside it; no request leaves it."""
    broken = {(outcome.attack, outcome.suspect) for outcome in comparison.outcomes if outcome.broken}
    head = "".join(f"<th>{html.escape(label)}</th>" for label in comparison.labels)
    rows = []
    for name, values in figures(comparison):
        cells = "".join(
            f"<td{' class=broken' if (name, label) in broken else ''}>{html.escape(value)}</td>"
            for label, value in zip(comparison.labels, values, strict=True)
        )
        rows.append(f"<tr><th>{html.escape(name)}</th>{cells}</tr>")
    svgs = "".join(
        f"<figure>{octets.decode()[octets.decode().index('<svg') :]}</figure>"
        for name, octets in drawn.items()
        if name.endswith(".svg")
    )
    title = html.escape(f"{comparison.name}: security systems side by side")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body>'
        f"<h1>{title}</h1><p>Everything here is simulated; energy figures follow from placeholder cost tables. "
        "A cell that stands out is an attack that succeeds.</p>"
        f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{svgs}</body></html>\n"
    )


def write(comparison: Comparison, folder: Path, document: str, table: str) -> Path:
    """Write JSON, CSV, pictures and page into ``folder`` and return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pictures(comparison)
    for name, octets in drawn.items():
        (folder / name).write_bytes(octets)
    (folder / "compare.json").write_text(document, encoding="utf-8")
    (folder / "compare.csv").write_text(table, encoding="utf-8")
    path = folder / "compare.html"
    path.write_text(page(comparison, drawn), encoding="utf-8")
    return path


def _curves(comparison: Comparison, over: str, label: str):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for index, system in enumerate(comparison.labels):
        points = [point for point in comparison.points if point.over == over and point.label == system]
        shares = [point.completed / point.runs for point in points]
        spread = [
            [max(share - point.low, 0.0) for share, point in zip(shares, points, strict=True)],
            [max(point.high - share, 0.0) for share, point in zip(shares, points, strict=True)],
        ]
        values = [point.value for point in points]
        marker = MARKERS[index % len(MARKERS)]
        axes.errorbar(values, shares, spread, label=system, marker=marker, capsize=2, linewidth=1.2, elinewidth=0.7)
    axes.set(xlabel=label, ylabel="exchanges completed (95 % Wilson)", ylim=(-0.02, 1.02))
    axes.grid(alpha=0.3)
    axes.legend(ncols=2, fontsize="small")
    return figure


def _energy(comparison: Comparison):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    causes = sorted({cause for each in comparison.costs for cause in each.energy_j})
    bottom = [0.0] * len(comparison.costs)
    hatches = ("", "//", "..", "xx", "\\\\", "--", "++", "oo")
    for index, cause in enumerate(causes):
        heights = [each.energy_j.get(cause, 0.0) * 1e9 for each in comparison.costs]
        hatch = hatches[index % len(hatches)]
        axes.bar(comparison.labels, heights, bottom=bottom, label=cause, hatch=hatch, edgecolor="white")
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    axes.set(ylabel="tag's energy for the run, nJ (placeholder costs)")
    axes.legend(fontsize="small")
    return figure


def _rendered(figure, name: str) -> dict[str, bytes]:
    out = {}
    for kind in ("svg", "png"):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=120, metadata={"Date": None} if kind == "svg" else None)
        out[f"{name}.{kind}"] = buffer.getvalue()
    return out
