"""The curves of ``make bench-per`` as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.bench.per_measure import Curve


def draw(curves: Sequence[Curve], path: Path) -> Path:
    """Draw packet error rates with their intervals over Ec/N0, one panel a mode, and return ``path``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    modes = list(dict.fromkeys(curve.mode for curve in curves))
    figure, panels = pyplot.subplots(1, len(modes), figsize=(4 * len(modes), 4), sharey=True, squeeze=False)
    for panel, mode in zip(panels[0], modes, strict=True):
        for curve in (curve for curve in curves if curve.mode == mode):
            where = [point.ecn0_db for point in curve.points]
            rates = [point.per for point in curve.points]
            spans = [
                [max(rate - point.interval[0], 0) for rate, point in zip(rates, curve.points, strict=True)],
                [max(point.interval[1] - rate, 0) for rate, point in zip(rates, curve.points, strict=True)],
            ]
            panel.errorbar(where, rates, yerr=spans, marker="o", markersize=3, label=f"±{curve.clock_ppm:.0f} ppm")
        limits = next(curve for curve in curves if curve.mode == mode)
        panel.plot([point.ecn0_db for point in limits.points], [point.limit for point in limits.points], "k--")
        panel.axvline(limits.bar_db, color="k", linewidth=0.5)
        panel.set(title=mode.name, xlabel="Ec/N0, dB", yscale="log", ylim=(1e-3, 1))
        panel.grid(True, which="both", alpha=0.3)
        panel.legend()
    panels[0][0].set_ylabel("PER")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path
