"""One system of a comparison: the experiment as it is, with the security system replaced."""

from __future__ import annotations

from pathlib import Path

from testbed.attack.suspects import SUSPECTS, Suspect
from testbed.experiment import Experiment, ExperimentError, load_experiment

AMPLE_V = 50.0
"""A store that does not run dry, so that what an exchange costs can be added up."""


def suspects_of(path: Path, labels: tuple[str, ...]) -> tuple[Suspect, ...]:
    """Return the systems that are compared; raises ExperimentError for a label that is none."""
    by_label = {suspect.label: suspect for suspect in SUSPECTS}
    for label in labels:
        if label not in by_label:
            known = ", ".join(by_label)
            raise ExperimentError(path.name, "compare.systems", f"{label!r} is none of them", f"use some of {known}")
    return tuple(by_label[label] for label in labels) if labels else SUSPECTS


def column(path: Path, suspect: Suspect, seed: int, *more: str) -> Experiment:
    """Return the experiment of ``path`` with this system in it, over ``sim:``, and further overrides."""
    chosen = (f'security.system="{suspect.system}"', f'security.variant="{suspect.variant}"', *suspect.settings)
    return load_experiment(path, overrides=[*chosen, *more], seed=seed, radio="sim:")
