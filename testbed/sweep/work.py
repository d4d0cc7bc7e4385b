"""One run of one point, over ``sim:``, without a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from testbed.experiment import Experiment
from testbed.figures import figures_of
from testbed.runner.sim_run import run_in_process
from testbed.runner.stations import stations_of
from testbed.sweep.axes import Point
from testbed.tally import Tally


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one run came to; ``complete`` is False when its air time was used up before the AP was done."""

    point: int
    run: int
    seed: int
    ok: bool
    complete: bool
    figures: dict[str, float | None]


@dataclass(frozen=True)
class Piece:
    """Run number ``run`` of the point with this index: everything that a worker needs, wherever it is."""

    point: int
    run: int
    experiment: Experiment = field(repr=False)


Loader = Callable[[Point, int], Experiment]
"""Returns the experiment of a point with a seed; raises ExperimentError."""


def outcome_of(piece: Piece) -> Outcome:
    """Run a piece; what comes of it depends on nothing else."""
    stations = stations_of(piece.experiment)
    tally = Tally(opening=stations.ends.opening, proven=stations.ends.proven)
    finished = run_in_process(piece.experiment, stations, tally.take)
    return Outcome(
        point=piece.point,
        run=piece.run,
        seed=piece.experiment.seed,
        ok=finished.ok,
        complete=finished.complete,
        figures=figures_of(tally, finished.stop_ns, stations.energy),
    )
