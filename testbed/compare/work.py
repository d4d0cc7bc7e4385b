"""All that a comparison computes, as independent pieces of work for any number of processes, with one result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from testbed.attack.matrix import ATTACKS, QUICK
from testbed.attack.outcome import Outcome
from testbed.attack.suspects import Suspect
from testbed.compare.completion import Point, against_power, against_snr
from testbed.compare.costs import Costs, costs_of
from testbed.experiment import Experiment
from testbed.workforce import results_of


@dataclass
class Comparison:
    """What a comparison came to, in the order of the columns."""

    name: str
    labels: list[str]
    costs: list[Costs] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


Piece = tuple[str, Suspect, float]


def pieces_of(experiment: Experiment, suspects: tuple[Suspect, ...]) -> list[Piece]:
    """Return every piece of work: what is done, on whom, at which point."""
    compare = experiment.compare
    pieces: list[Piece] = []
    for suspect in suspects:
        pieces.append(("costs", suspect, 0.0))
        pieces += [("snr_db", suspect, value) for value in compare.snr_db]
        pieces += [("incident_dbm", suspect, value) for value in compare.incident_dbm]
        pieces += [(attack, suspect, 0.0) for attack in ATTACKS if compare.attacks]
    return pieces


def do(path: Path, experiment: Experiment, piece: Piece) -> Costs | Point | Outcome:
    """Do one piece; what comes of it depends on nothing else."""
    kind, suspect, value = piece
    if kind == "costs":
        return costs_of(path, suspect, experiment.seed)
    if kind == "snr_db":
        return against_snr(path, suspect, value, experiment.compare.runs)
    if kind == "incident_dbm":
        return against_power(path, suspect, value, experiment.compare.runs)
    return QUICK.get(kind, ATTACKS[kind])(suspect)


def compared(
    path: Path,
    experiment: Experiment,
    suspects: tuple[Suspect, ...],
    workers: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """Do all of it in ``workers`` processes, telling ``progress`` how much is done of how much."""
    pieces = pieces_of(experiment, suspects)
    results: dict[Piece, Costs | Point | Outcome] = {}
    with closing(results_of(partial(do, path, experiment), iter(pieces), workers)) as done:
        for piece, result in done:
            results[piece] = result
            progress(len(results), len(pieces))
    empty = Comparison(experiment.name, [suspect.label for suspect in suspects])
    return _gathered(empty, [results[piece] for piece in pieces])


def _gathered(comparison: Comparison, results: list[Costs | Point | Outcome]) -> Comparison:
    for result in results:
        if isinstance(result, Costs):
            comparison.costs.append(result)
        elif isinstance(result, Point):
            comparison.points.append(result)
        else:
            comparison.outcomes.append(result)
    return comparison
