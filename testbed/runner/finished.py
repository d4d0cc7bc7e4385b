"""How a run ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Finished:
    """Whether the AP's work succeeded, where the run ended in air time, what it took, and the receivers' counters.

    ``complete`` is False when the air time was used up before the AP had done its work.
    ``radios`` are the facts of a run over PlutoSDRs.
    """

    ok: bool
    complete: bool
    stop_ns: int
    wall_s: float
    counters: Mapping[str, Mapping[str, int]]
    radios: Mapping[str, object] | None = None
