"""How long things take, measured in turns, so that a busy moment of the machine falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)


def medians_s(works: Mapping[Key, Callable[[], Any]], repeat: int) -> dict[Key, float]:
    """Return the median duration in seconds of each of ``works`` over ``repeat`` turns, after one that is not counted.

    Raises ValueError for fewer than one turn.
    """
    if repeat < 1:
        raise ValueError(f"repeat must be at least 1, not {repeat}")
    seconds: dict[Key, list[float]] = {key: [] for key in works}
    for turn in range(repeat + 1):
        for key, work in works.items():
            begun_s = time.perf_counter()
            work()
            if turn:
                seconds[key].append(time.perf_counter() - begun_s)
    return {key: statistics.median(each) for key, each in seconds.items()}
