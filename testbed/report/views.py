"""Which plots a run gives, and why one is missing."""

from __future__ import annotations

from collections.abc import Callable

from testbed.report.chips import chips_plots
from testbed.report.energy import energy_plots
from testbed.report.envelope import envelope_plots
from testbed.report.estimates import estimates_plots
from testbed.report.facts import air_of
from testbed.report.figure import Plot, provenance, short, styled
from testbed.report.key_figure import key_plots
from testbed.report.key_life import key_lives_of
from testbed.report.page import View
from testbed.report.source import Source
from testbed.report.spectrum import spectrum_plots

Progress = Callable[[int, int], None]
NO_RECORDING = "Nothing was recorded: {why}. Samples are kept by a run over zmq: or a radio with [record] iq = true."


def views_of(source: Source, progress: Progress = lambda done, total: None) -> list[View]:
    """Return every view of plots; each figure says at its foot what it is of. ``progress`` takes (done, total)."""
    makers: list[Callable[[], View]] = [
        lambda: _of_samples(source, "envelope", "Envelope", lambda: (envelope_plots(source.recordings), [])),
        lambda: _of_samples(source, "spectrum", "Spectrum", lambda: (spectrum_plots(source.recordings), [])),
        lambda: _of_samples(source, "chips", "Chips", lambda: _chips(source)),
        lambda: _estimates(source),
        lambda: _energy(source),
        lambda: _keys(source),
    ]
    views = []
    with styled():
        for number, made in enumerate(makers, start=1):
            views.append(made())
            for plot in views[-1].plots:
                provenance(plot.figure, _foot(source))
            progress(number, len(makers))
    return views


def _foot(source: Source) -> str:
    words = str(source.manifest.get("name", "run")), f"seed {source.table('seeds').get('run', '?')}", air_of(source)[0]
    return " · ".join(map(short, words))


def _of_samples(source: Source, name: str, title: str, drawn: Callable[[], tuple[list[Plot], list[str]]]) -> View:
    if not source.recordings:
        why = "the run was simulated without samples on the air" if _without_samples(source) else "it was switched off"
        return View(name, title, (), NO_RECORDING.format(why=why))
    try:
        plots, left_out = drawn()
    except Exception as error:  # of a recording of anybody's; the other views are still worth having
        return View(name, title, (), f"Cannot be drawn: {str(error) or type(error).__name__}")
    return View(name, title, plots, f"Left out: {'; '.join(left_out)}." if left_out else "")


def _chips(source: Source) -> tuple[list[Plot], list[str]]:
    if source.profile is None:
        return [], ["its profile is not here"]
    return chips_plots(source.recordings, source.profile)


def _estimates(source: Source) -> View:
    plots = estimates_plots(source)
    return View("estimates", "Estimates", plots, "" if plots else "No PPDU was measured.")


def _energy(source: Source) -> View:
    plots = energy_plots(source)
    nothing = "No tag was metered: incident_dbm in [power] makes one live on what it harvests."
    return View("energy", "Energy", plots, "" if plots else nothing)


def _keys(source: Source) -> View:
    plots = key_plots(source, key_lives_of(source))
    nothing = "The stations told of no key by itself: what is derived for one exchange is gone with it."
    return View("keys", "Keys", plots, "" if plots else nothing)


def _without_samples(source: Source) -> bool:
    return str(source.manifest.get("radio", "")).startswith("sim")
