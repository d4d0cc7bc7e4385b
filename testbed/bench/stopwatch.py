"""How long things take, measured in turns, so that a busy moment of the machine falls on all of them alike.

Durations are CPU time of the thread: on an idle machine that of the wall, on a busy one without the waiting.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

IDLE_SHARE = 0.95
Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


def medians_s(works: Mapping[Key, Callable[[], Any]], repeat: int) -> dict[Key, float]:
    """Return the median CPU time in seconds of each of ``works`` over ``repeat`` turns, after one that is not counted.

    Raises ValueError for fewer than one turn.
    """
    if repeat < 1:
        raise ValueError(f"repeat must be at least 1, not {repeat}")
    seconds: dict[Key, list[float]] = {key: [] for key in works}
    for turn in range(repeat + 1):
        for key, work in works.items():
            begun_s = time.thread_time()
            work()
            if turn:
                seconds[key].append(time.thread_time() - begun_s)
    return {key: statistics.median(each) for key, each in seconds.items()}


def warning(shares: Iterable[float]) -> str:
    """Return what to say beside figures that were measured with such shares of a core; nothing if idle enough."""
    if min(shares) >= IDLE_SHARE:
        return ""
    return "others kept this machine busy: an idle one is faster, and ratios here are less certain"


def with_core_share(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what ``work``, kept to one core, returns, and the share of that core it had: 1 on an idle machine."""
    begun_s, used_s = time.perf_counter(), time.process_time()
    result = work()
    return result, (time.process_time() - used_s) / (time.perf_counter() - begun_s)
