"""Pieces of work on a dask cluster, by the address of its scheduler."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

from testbed.exits import EnvironmentFault
from testbed.versions import versions
from testbed.workforce import AHEAD, through

PieceT = TypeVar("PieceT")
ResultT = TypeVar("ResultT")
PATIENCE_S = 15


def results_of_cluster(
    do: Callable[[PieceT], ResultT], pieces: Iterator[PieceT], address: str
) -> Generator[tuple[PieceT, ResultT], None, None]:
    """Yield each piece with what ``do`` made of it, as ``testbed.workforce.results_of`` does.

    Raises:
        EnvironmentFault: no dask, no answer from the scheduler, no worker, or one of another make.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise EnvironmentFault("dask.distributed is not installed", "pip install 'ampradio[cluster]'") from None
    start = "start it: dask scheduler, and dask worker ADDRESS in this environment"
    try:
        client = Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise EnvironmentFault(f"no dask scheduler answers at {address}: {error}", start) from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise EnvironmentFault(f"the cluster at {address} has no worker", start)
        for worker, theirs in client.run(versions).items():
            if theirs != versions():
                fix = "install the same on both: runs of one table are made with one version"
                raise EnvironmentFault(f"worker {worker} has {theirs}, not {versions()}", fix)
        pool = client.get_executor(pure=False)
        try:
            yield from through(pool, do, pieces, AHEAD * threads)
        except KilledWorker as error:
            raise EnvironmentFault(f"workers of {address} died: {error}", "look at their logs and memory") from None
        finally:
            pool.shutdown(wait=False)
