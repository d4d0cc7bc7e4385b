"""Independent pieces of work, done by any number of processes or by a cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from testbed.exits import EnvironmentFault

PieceT = TypeVar("PieceT")
ResultT = TypeVar("ResultT")
AHEAD = 2
"""Pieces handed out for each worker: one at work, one waiting."""


def results_of(
    do: Callable[[PieceT], ResultT], pieces: Iterator[PieceT], workers: int
) -> Generator[tuple[PieceT, ResultT], None, None]:
    """Yield each piece with what ``do`` made of it, as they get done; one worker is this process itself.

    The next piece is taken only when somebody is free for it, after the results so far were yielded: ``pieces`` may
    decide by them what is still to be done. Closing the iterator, or an error, ends the workers at once.

    Raises:
        EnvironmentFault: a worker died.
    """
    if workers == 1:
        for piece in pieces:
            yield piece, do(piece)
        return
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _enlist) as pool:
        handed_over: Any = pool._call_queue  # type: ignore[attr-defined]  # closed below; no public way
        try:
            yield from through(pool, do, pieces, AHEAD * workers)
        except BrokenProcessPool:
            fix = "look at the machine's memory, or give fewer --workers"
            raise EnvironmentFault("a worker process was ended from outside", fix) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            workers_of_ours = set(multiprocessing.active_children()) - others
            for worker in workers_of_ours:
                worker.terminate()
            for worker in workers_of_ours:
                worker.join()
            # nobody reads any more what the pool still writes: Python below 3.12 would wait for that for ever
            handed_over._reader.close()
            raise


def through(
    pool: Executor, do: Callable[[PieceT], ResultT], pieces: Iterator[PieceT], ahead: int
) -> Generator[tuple[PieceT, ResultT], None, None]:
    """Yield as ``results_of`` does, with at most ``ahead`` pieces handed to ``pool``."""
    handed: dict[Future[ResultT], PieceT] = {}
    while True:
        while len(handed) < ahead:
            try:
                piece = next(pieces)
            except StopIteration:
                break
            with _ctrl_c_later():
                handed[pool.submit(do, piece)] = piece
        if not handed:
            return
        done, _ = wait(handed, return_when=FIRST_COMPLETED)
        for future in done:
            yield handed.pop(future), future.result()


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hold Ctrl-C back: a worker that hears it before it knows whom to leave it to says so at length."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGALRM})  # see testbed.interruption
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _enlist() -> None:
    """Leave Ctrl-C to the parent, and go when it is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()


def _leave_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
