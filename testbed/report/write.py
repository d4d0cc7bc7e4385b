"""Writing a report: the page, and its plots as files of their own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from testbed.atomic_file import write_atomically
from testbed.report.figure import save
from testbed.report.ladder_figure import ladder_plot
from testbed.report.ladder_view import ladder_of
from testbed.report.page import page_of
from testbed.report.palette import plain
from testbed.report.source import read_source
from testbed.report.views import Progress, views_of


@dataclass(frozen=True)
class Report:
    """What was written, and what about the run could not be read."""

    path: Path
    plots: tuple[Path, ...]
    warnings: tuple[str, ...]


def write_report(
    folder: Path,
    name: str,
    out: Path,
    *,
    svg: Path | None = None,
    png: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Write the report of a run folder that was named ``name``; raises RunFolderError and OSError."""
    source = read_source(folder, name)
    views = views_of(source, progress)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, page_of(source, views))
    written: list[Path] = []
    for where, extension in ((svg, "svg"), (png, "png")):
        if where is None:
            continue
        where.mkdir(parents=True, exist_ok=True)
        written += [save(plot, where, extension) for view in views for plot in view.plots]
    if svg is not None and source.messages:
        ladder = svg / "ladder.svg"
        ladder.write_text(plain(ladder_of(source).svg) + "\n", encoding="utf-8")
        written.append(ladder)
    if png is not None and source.messages:
        written.append(save(ladder_plot(source), png, "png"))
    return Report(out, tuple(written), source.warnings)
