"""What ``make bench-pluto`` measures: rates of one client in elastic time, and losses of several in real time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from testbed.bench.pluto_clients import CLIENTS, KERNEL_BUFFERS, Client, Libiio
from testbed.bench.pluto_content import Codes, Sequence
from testbed.bench.pluto_server import BenchServer
from testbed.bench.unmeasured import Unmeasured

RATE_SPS = 20_000_000
FOUR_SPS = 4_000_000
SETTLING = 2 + KERNEL_BUFFERS  # blocks: what was queued before the sender began, and once around the kernel buffers
CALM_S = 0.3


class ContentLost(Unmeasured):
    """What was received is not what was sent, gapless."""


@dataclass(frozen=True)
class Rate:
    """Samples per second that a client moved, all the right ones: by CPU time of both sides, and by the wall."""

    sps: float
    wall_sps: float


class Stopwatch:
    """CPU time of this process and of ``server`` while a client waits for libiio, and the wall's."""

    def __init__(self, server: BenchServer) -> None:
        self._server = server
        self._server_s = server.spent()["cpu_s"]
        self._client_s = self._wall_s = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what is done in this block."""
        used_s, begun_s = time.process_time(), time.perf_counter()
        yield
        self._client_s += time.process_time() - used_s
        self._wall_s += time.perf_counter() - begun_s

    def rate(self, samples: int) -> Rate:
        """Return the rate of so many samples; the server works for nobody else."""
        server_s = self._server.spent()["cpu_s"] - self._server_s
        return Rate(samples / (self._client_s + server_s), samples / self._wall_s)


@dataclass(frozen=True)
class RealTime:
    """Radios in real time: seconds measured, share of a core that the server took, how many streams lost samples."""

    seconds: float
    server_core: float
    lossy: int


def elastic_rates(
    server: BenchServer, client: str, block: int, samples: int, *, air: bool, bandwidth_hz: int = 0
) -> tuple[Rate, Rate]:
    """Return the rates of a client that receives, and of one that sends and receives at once, each way.

    With the air of ``server`` in between, or without, over its digital loopback.

    Raises:
        ContentLost: a sample is missing, or not what was sent.
    """

    def opened(index: int) -> Client:
        kind = CLIENTS[client]
        return kind(server.uris[index], RATE_SPS, block, bandwidth_hz=bandwidth_hz, loopback=not air)

    receiving = _receive(server, opened(0), opened(1) if air else None, block, samples, exact=not air)
    both = _both(server, opened(0), block, samples, exact=not air)
    spent = server.spent()
    if any(spent["overflows"]) or any(spent["underflows"]):
        raise ContentLost("the status register tells of a loss")
    return receiving, both


def _receive(
    server: BenchServer, receiver: Client, sender: Client | None, block: int, samples: int, *, exact: bool
) -> Rate:
    """Return the rate of ``receiver`` while ``sender``, or itself, repeats a sequence."""
    sequence = Sequence(1, block)
    (sender or receiver).send(sequence.codes, cyclic=True)
    for _ in range(SETTLING):
        received = receiver.receive()
    place = sequence.place(receiver.codes(received))
    stopwatch = Stopwatch(server)
    count = -(-samples // block)
    for _ in range(count):
        with stopwatch.running():
            received = receiver.receive()
        place += block
        _check(sequence, receiver.codes(received), place, exact=exact)
    rate = stopwatch.rate(count * block)
    receiver.close()
    if sender is not None:
        sender.close()
    return rate


def _both(server: BenchServer, radio: Client, block: int, samples: int, *, exact: bool) -> Rate:
    """Return the rate each way of a radio that sends a sequence, block by block, and hears itself."""
    sequence = Sequence(2, block)
    count = -(-samples // block)
    radio.receive()
    for index in range(SETTLING):
        radio.send(_block(sequence, index * block, block))
        received = radio.receive()
    place = sequence.place(radio.codes(received))
    stopwatch = Stopwatch(server)
    for index in range(SETTLING, SETTLING + count):
        sending = _block(sequence, index * block, block)
        with stopwatch.running():
            radio.send(sending)
            received = radio.receive()
        place += block
        _check(sequence, radio.codes(received), place, exact=exact)
    rate = stopwatch.rate(count * block)
    radio.close()
    return rate


def _block(sequence: Sequence, place: int, block: int) -> Codes:
    return sequence.codes.take(range(place, place + block), axis=0, mode="wrap")


def _check(sequence: Sequence, codes: Codes, place: int, *, exact: bool) -> None:
    right = sequence.is_exactly(codes << 4 >> 4, place) if exact else sequence.is_heard(codes, place)
    if not right:
        raise ContentLost(f"sample {place} of what was sent is not followed by its successors")


def real_time(plutos: int, rate_sps: int, block: int, seconds: float) -> RealTime:
    """Return how ``plutos`` radios fared that all send and hear at ``rate_sps``, the server on one core of its own.

    Each repeats a sequence of its own and reads what it hears of it, without a pause.
    """
    cores = sorted(os.sched_getaffinity(0))
    with BenchServer(plutos, elastic=False, core=cores[0]) as server:
        os.sched_setaffinity(0, set(cores[1:] or cores))
        try:
            return _fared(server, rate_sps, block, seconds)
        finally:
            os.sched_setaffinity(0, set(cores))


def _fared(server: BenchServer, rate_sps: int, block: int, seconds: float) -> RealTime:
    radios = [Libiio(uri, rate_sps, block) for uri in server.uris]
    sequences = [Sequence(10 + index, block) for index in range(len(radios))]
    for radio, sequence in zip(radios, sequences, strict=True):
        radio.send(sequence.codes, cyclic=True)
    spent: list[tuple[float, float]] = []

    def note() -> None:
        spent.append((server.spent()["cpu_s"], time.monotonic()))

    together = threading.Barrier(len(radios))
    begin, end = (threading.Barrier(len(radios), note) for _ in range(2))
    lossy = [False] * len(radios)

    def listen(index: int) -> None:
        radio, sequence = radios[index], sequences[index]
        for _ in range(SETTLING):
            received = radio.receive()
        together.wait()
        place = sequence.place(radio.codes(received))
        until = time.monotonic() + CALM_S  # the threads of all have begun by then
        while time.monotonic() < until:
            received, place = radio.receive(), place + block
            if not sequence.is_heard(radio.codes(received), place):
                place = sequence.place(radio.codes(received))
        radio.lost()
        begin.wait()
        for _ in range(round(seconds * rate_sps / block)):
            received, place = radio.receive(), place + block
            if not sequence.is_heard(radio.codes(received), place):
                lossy[index] = True
                break
        end.wait()
        lossy[index] |= radio.lost()

    def listen_or_say(index: int) -> None:
        try:
            listen(index)
        except BaseException:
            for barrier in (together, begin, end):  # the others wait there for this one
                barrier.abort()
            raise

    with ThreadPoolExecutor(len(radios)) as threads:
        done = [threads.submit(listen_or_say, index) for index in range(len(radios))]
    failures = [failure for each in done if (failure := each.exception()) is not None]
    for failure in failures:
        if not isinstance(failure, threading.BrokenBarrierError):
            raise failure
    for radio in radios:
        radio.close()
    (used_s, begun_s), (then_used_s, ended_s) = spent
    return RealTime(ended_s - begun_s, (then_used_s - used_s) / (ended_s - begun_s), sum(lossy))
