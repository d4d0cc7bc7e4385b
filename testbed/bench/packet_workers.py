"""Many packets over any number of processes, in lots that fit a core's caches; how many there are changes nothing."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache

from testbed.bench.heap import keep_freed_memory
from testbed.bench.packet_link import Outcome, PacketLink
from testbed.bench.packet_modes import PacketMode

LOT = 16  # packets; one or two megabytes of samples


def simulate(mode: PacketMode, packets: int, seed: int, processes: int) -> Outcome:
    """Return what becomes of ``packets``, sent and received by ``processes``; each lot has a seed of its own.

    Raises ValueError for fewer than one packet or process.
    """
    if packets < 1 or processes < 1:
        raise ValueError(f"packets and processes are at least 1, not {packets} and {processes}")
    sizes = [min(LOT, packets - begin) for begin in range(0, packets, LOT)]
    lots = [(mode, size, (seed, zlib.crc32(mode.name.encode()), index)) for index, size in enumerate(sizes)]
    if processes == 1:
        return together(_lot(each) for each in lots)
    with ProcessPoolExecutor(processes, initializer=keep_freed_memory) as workers:
        return together(workers.map(_lot, lots))


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the outcome of all of ``outcomes``, whose order counts in ``check``."""
    packets = right = check = 0
    for each in outcomes:
        packets, right = packets + each.packets, right + each.right
        check = zlib.crc32(each.check.to_bytes(4, "little"), check)
    return Outcome(packets, right, check)


def _lot(lot: tuple[PacketMode, int, tuple[int, ...]]) -> Outcome:
    mode, packets, key = lot
    return _link(mode).outcome(packets, key)


@lru_cache(maxsize=8)
def _link(mode: PacketMode) -> PacketLink:
    return PacketLink(mode)
