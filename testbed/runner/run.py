"""One experiment from file to run folder: prepare, run, keep what happened."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from testbed.experiment import Experiment
from testbed.live.run_feed import RunFeed
from testbed.run_folder import RunFolder
from testbed.runner.finished import Finished
from testbed.runner.frames import frames_beside
from testbed.runner.stations import Stations, stations_of
from testbed.runner.tell import Tell
from testbed.summary import Summary, summary_of
from testbed.systems import ends_of
from testbed.tally import Tally

OUT_OF_TIME = "the {limit_s:g} s of air time were used up before the AP was done: give more, as --set max_air_time_s=60"


def run_experiment(experiment: Experiment, *, out: Path | None = None, tell: Tell = lambda record: None) -> Summary:
    """Run ``experiment`` over the radio it names and return what it came to; its run folder is left complete.

    Every event goes to ``tell`` and to ``events.jsonl``, in order of air time.

    Raises:
        ExperimentError: the radio cannot do what the experiment wants.
        RegulatoryError: it would radiate what the region does not allow; nothing was sent.
        RunError: the environment failed the run; the folder says so.
        RunFolderError: the folder cannot be made.
    """
    allowed = _allowed(experiment)
    ends = ends_of(experiment)
    tally = Tally(opening=ends.opening, proven=ends.proven)
    began = time.monotonic()
    with (
        RunFolder.create(experiment, out=out) as folder,
        RunFeed(folder.path) as feed,
        frames_beside(experiment, ends, folder.path) as frames,
    ):
        stations = stations_of(experiment, frames.ends)
        handshake = {"opening": sorted(stations.ends.opening), "proven": stations.ends.proven}
        folder.note(security=dict(stations.ends.report), handshake=handshake, time_scale=experiment.time_scale)
        if allowed is not None:
            folder.note(on_air=allowed)

        def keep(record: dict[str, Any]) -> None:
            folder.events.write(record)
            tally.take(record)
            feed.tell(record)
            tell(record)

        over = _OVER.get(experiment.choice.scheme, _over_plutos)
        finished = over(experiment, frames.watched(stations), folder, keep)
        frames.close()
        counters = {name: dict(each) for name, each in finished.counters.items()}
        reason = "" if finished.complete else OUT_OF_TIME.format(limit_s=experiment.max_air_time_ns / 1e9)
        folder.finish(
            finished.ok, reason=reason, stop_ns=finished.stop_ns, counters=counters, energy=stations.energy
        )
    return summary_of(
        experiment,
        tally,
        folder.path,
        parameters=stations.ends.report,
        energy=stations.energy,
        ok=finished.ok,
        reason=reason,
        elapsed_ns=finished.stop_ns,
        wall_s=time.monotonic() - began,
        radios=finished.radios,
    )


def _allowed(experiment: Experiment) -> dict[str, object] | None:
    """Return what is about to radiate and what allows it, None when nothing does."""
    if not experiment.choice.radiates:
        return None
    from testbed.runner.on_air import on_air

    return on_air(experiment).as_dict()


def _over_zmq(experiment: Experiment, stations: Stations, folder: RunFolder, tell: Tell) -> Finished:
    from testbed.runner.zmq_run import ZmqRun

    with ZmqRun(experiment, {"ap": stations.ap, "tag": stations.tag}, folder.path) as run:
        return run.run(tell)


def _over_sim(experiment: Experiment, stations: Stations, folder: RunFolder, tell: Tell) -> Finished:
    from testbed.runner.sim_run import run_in_process

    return run_in_process(experiment, stations, tell)


def _over_plutos(experiment: Experiment, stations: Stations, folder: RunFolder, tell: Tell) -> Finished:
    from testbed.runner.gr_run import GrRun
    from testbed.runner.radio_run import RadioRun

    make = GrRun if experiment.choice.gnuradio else RadioRun
    with make(experiment, stations, folder.path) as run:
        folder.note(radios=run.facts)
        finished = run.run(tell)
    late = {role: counters.get("tx_late", 0) for role, counters in finished.counters.items()}
    facts = run.facts | {"late_bursts": late} | run.outcome
    folder.note(radios=facts)
    return replace(finished, radios=facts)


_OVER = {"zmq": _over_zmq, "sim": _over_sim}
