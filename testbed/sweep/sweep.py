"""A sweep from its axes to its table: every point run, early where it is allowed, continued where it was left."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from testbed.cluster import results_of_cluster
from testbed.experiment import Experiment, experiment_of
from testbed.sweep.axes import Axis, Point, points_of
from testbed.sweep.error import SweepError
from testbed.sweep.folder import SweepFolder
from testbed.sweep.ledger import Ledger
from testbed.sweep.table import rows_of
from testbed.sweep.work import Loader, Outcome, Piece, outcome_of
from testbed.workforce import results_of

Results = Generator[tuple[Piece, Outcome], None, None]
Work = Callable[[Callable[[Piece], Outcome], Iterator[Piece]], Results]
"""Does pieces somewhere: ``testbed.workforce.results_of`` with its number of workers."""


def loader_of(text: str, path: Path, overrides: tuple[str, ...]) -> Loader:
    """Return what loads a point of the experiment file ``text`` that stands at ``path``."""

    def load(point: Point, seed: int) -> Experiment:
        more = (*overrides, *point.overrides)
        return experiment_of(text, path, overrides=more, seed=seed, radio="sim:")

    return load


def swept(
    folder: SweepFolder, ledger: Ledger, load: Loader, work: Work, progress: Callable[[int, int], None]
) -> list[dict[str, object]]:
    """Run what the folder does not hold yet, keep it there, and return the table; raises SweepError.

    Whatever ends it early leaves the folder with the table so far.
    """
    for outcome in folder.outcomes:
        if not ledger.fits(outcome):
            raise SweepError(f"{folder.path}: its journal is of another sweep", "give another --out")
        ledger.put(outcome)
    state = "failed"
    try:
        with closing(work(outcome_of, ledger.pieces(load))) as results:
            for _, outcome in results:
                folder.keep(outcome)
                ledger.put(outcome)
                progress(*ledger.progress())
        state = "finished"
    except KeyboardInterrupt:
        state = "interrupted"
        raise
    finally:
        folder.end(state, rows_of(ledger))
    return rows_of(ledger)


def in_processes(workers: int) -> Work:
    """Return the work of this many processes of this machine."""

    def work(do: Callable[[Piece], Outcome], pieces: Iterator[Piece]) -> Results:
        return results_of(do, pieces, workers)

    return work


def on_cluster(address: str) -> Work:
    """Return the work of a dask cluster, by its scheduler's address."""

    def work(do: Callable[[Piece], Outcome], pieces: Iterator[Piece]) -> Results:
        return results_of_cluster(do, pieces, address)

    return work


def points_to_run(axes: Sequence[Axis], load: Loader, seed: int) -> tuple[Point, ...]:
    """Return the points of ``axes``, each of which loads; raises SweepError and ExperimentError.

    A point that cannot be run is said before hours are spent on the others.
    """
    for axis in axes:
        if axis.key in ("seed", "radio"):
            fix = "give --seed" if axis.key == "seed" else "leave it out: a sweep runs over sim:"
            raise SweepError(f"a sweep sets {axis.key} itself", fix)
    points = points_of(axes)
    for point in points:
        load(point, point.seed(seed, 0))
    return points
