"""What counts does not depend on the order in which runs come back."""

from __future__ import annotations

import random
from pathlib import Path

from testbed.experiment import Experiment, experiment_of
from testbed.sweep.axes import Point, axis_of, points_of
from testbed.sweep.ledger import Ledger
from testbed.sweep.table import rows_of
from testbed.sweep.work import Outcome

POINTS = points_of([axis_of("a=1,2,3")])
FAILED = {0: {2, 5, 6}, 1: set(range(9)), 2: set()}


def outcome(point: int, run: int) -> Outcome:
    """Return run ``run`` of a world in which FAILED is what fails."""
    seed = POINTS[point].seed(1, run)
    return Outcome(point=point, run=run, seed=seed, ok=run not in FAILED[point], complete=True, figures={})


def load(point: Point, seed: int) -> Experiment:
    return experiment_of("[[tags]]\n", Path("none.toml"), seed=seed)


def test_a_point_counts_up_to_the_error_that_is_enough() -> None:
    """Two failures are enough: run 5 is the second of point 0, run 1 of point 1; point 2 has all its nine runs."""
    shuffled = [(point, run) for point in range(3) for run in range(9)]
    for seed in range(20):
        random.Random(seed).shuffle(shuffled)
        ledger = Ledger(POINTS, 9, 2, 1)
        for point, run in shuffled:
            ledger.put(outcome(point, run))
        assert [(row["errors"], row["trials"]) for row in rows_of(ledger)] == [(2, 6), (2, 2), (0, 9)]
        assert ledger.progress() == (17, 17)


def test_nothing_is_run_that_is_known_or_no_longer_needed() -> None:
    ledger = Ledger(POINTS[:2], 4, 2, 1)
    ledger.put(outcome(0, 1))
    ran = []
    for piece in ledger.pieces(load):
        ran.append((piece.point, piece.run))
        assert piece.experiment.seed == POINTS[piece.point].seed(1, piece.run)
        ledger.put(outcome(piece.point, piece.run))
    assert ran == [(0, 0), (0, 2), (0, 3), (1, 0), (1, 1)]


def test_bounds_are_wilsons() -> None:
    """4 of 9, by Wilson's formula with z = 1.959964 worked out by hand: 0.1888 to 0.7333."""
    ledger = Ledger(POINTS[:1], 9, 0, 1)
    for run in range(9):
        ledger.put(Outcome(point=0, run=run, seed=0, ok=run >= 4, complete=True, figures={}))
    [row] = rows_of(ledger)
    assert isinstance(row["low"], float) and isinstance(row["high"], float)
    n, p, z = 9, 4 / 9, 1.959964
    centre, half = (p + z * z / (2 * n)), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    assert abs(row["low"] - (centre - half) / (1 + z * z / n)) < 1e-6
    assert abs(row["high"] - (centre + half) / (1 + z * z / n)) < 1e-6


def test_outcomes_of_another_sweep_do_not_fit() -> None:
    ledger = Ledger(POINTS, 9, 2, 1)
    assert ledger.fits(outcome(2, 8))
    assert not Ledger(POINTS, 9, 2, 2).fits(outcome(2, 8))
    assert not Ledger(POINTS[:2], 9, 2, 1).fits(outcome(2, 8))
