"""Elastic time: the same programs give the same samples, and nobody waits for the wall's clock."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from ampradio.radio.emulator import EmulatedNetwork
from ampradio.radio.emulator.air_file import AirFile
from ampradio.radio.emulator.network import boards
from testbed.emulated_air import emulated_network
from testbed.emulated_air.plan import plan_of_keys
from tests.radio.plutos import BLOCK, RATE_SPS, Samples, network, pluto, tone

ROUNDS = 12


def exchange(seed: int) -> list[Samples]:
    """Two programs in threads of their own: one sends after every second block it hears."""
    heard: list[list[Samples]] = [[], []]
    with network(2, seed=seed) as radios:

        def program(index: int) -> None:
            with pluto(radios.uris[index]) as radio:
                radio.rx()
                ready.wait(20)
                for turn in range(ROUNDS):
                    heard[index].append(radio.rx())
                    if index == 0 and turn % 2 == 0:
                        radio.tx(tone(100 + turn))

        ready = threading.Barrier(2)
        threads = [threading.Thread(target=program, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    return [np.concatenate(each) for each in heard]


def bursts(heard: Samples) -> list[int]:
    """Where something louder than the noise begins."""
    loud = np.convolve(abs(heard) > 20, np.ones(16), "same") > 8
    return [int(place) for place in np.flatnonzero(np.diff(loud.astype(int)) == 1)]


def test_bursts_keep_their_distance_however_the_threads_run() -> None:
    for _ in range(3):
        distances = np.diff(bursts(exchange(1)[1])).tolist()
        assert len(distances) >= 3  # when the programs began beside each other is theirs
        assert set(distances) == {2 * BLOCK}


@pytest.mark.parametrize("kind", ["flat", "indoor"])
def test_one_program_with_one_thread_gives_the_same_samples_every_time(kind: str) -> None:
    def made(seed: int) -> EmulatedNetwork:
        if kind == "flat":
            return network(2, seed=seed)
        air = AirFile(delay_ns=130, multipath="B", doppler_hz=5, clock_ppm=(3,), seed=seed)
        return emulated_network(plan_of_keys(air, 2), elastic=True)

    def run(seed: int) -> Samples:
        with made(seed) as radios, pluto(radios.uris[0]) as near, pluto(radios.uris[1]) as far:
            blocks = []
            for turn in range(6):
                blocks.append(far.rx())
                near.rx()
                near.tx(tone(40 + turn))
        return np.concatenate(blocks)

    first = run(1)
    assert abs(first).max() > 40  # something was heard
    assert (run(1) == first).all()
    assert (run(2) != first).any()


def test_what_is_sent_begins_a_block_after_the_newest_that_was_read() -> None:
    with network() as radios, pluto(radios.uris[0]) as radio:
        radio.loopback = 1
        radio.rx()
        radio.tx(tone(0))
        assert not radio.rx().any()
        assert radio.rx().all()
        assert not radio.rx().any()


def test_it_is_faster_than_the_walls_clock() -> None:
    """Twice, when nothing else keeps the computer busy: once in ten stretches will do."""

    def seconds() -> float:
        began = time.monotonic()
        for _ in range(20):
            radio.rx()
        return time.monotonic() - began

    with network() as radios, pluto(radios.uris[0]) as radio:
        radio.rx()
        assert any(seconds() < 20 * BLOCK / RATE_SPS / 2 for _ in range(10))


def test_a_receiver_that_is_read_no_more_stops_no_other_for_long() -> None:
    with network(2) as radios, pluto(radios.uris[0]) as stopped, pluto(radios.uris[1]) as radio:
        stopped.rx()
        began = time.monotonic()
        for _ in range(20):
            radio.rx()
        assert time.monotonic() - began < 4


def test_radios_whose_clocks_differ_are_read_in_turn_without_waiting() -> None:
    """Their blocks do not end together; each wait would last the second after which a stream counts as stopped."""
    with network(boards(2, clock_ppm=[20.0, -20.0])) as radios:
        one, other = radios.uris
        with pluto(one) as first, pluto(other) as second:
            began = time.monotonic()
            for _ in range(40):
                first.rx(), second.rx()
            assert time.monotonic() - began < 10
