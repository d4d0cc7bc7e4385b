"""What became of one attack on one system."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One cell of the matrix: ``broken`` when the attack counts as a success by its oracle (protocols page 1.4)."""

    attack: str
    suspect: str
    broken: bool
    text: str
    figures: tuple[tuple[str, float], ...] = ()
