"""How far work in other processes has come, while one waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from rich.progress import Progress


def watch(progress: Progress, what: str, waiting: Sequence[Future[Any]]) -> None:
    """Show how many of ``waiting`` are done until all are; raises what one of them raised."""
    task = progress.add_task(what, total=len(waiting))

    def advance(_: Future[Any]) -> None:
        progress.advance(task)

    for each in waiting:
        each.add_done_callback(advance)
    for each in waiting:
        each.result()
