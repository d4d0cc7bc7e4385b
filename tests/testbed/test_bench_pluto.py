"""``make bench-pluto``: what it counts as received was sent, sample after sample, and one missing would be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.bench import pluto_measure
from testbed.bench.pluto import BLOCK as FULL_BLOCK
from testbed.bench.pluto import FOUR_BLOCK, ONE_BLOCK
from testbed.bench.pluto_clients import CLIENTS, Libiio
from testbed.bench.pluto_content import PERIOD, Sequence
from testbed.bench.pluto_measure import ContentLost, elastic_rates
from testbed.bench.pluto_server import BenchServer

BLOCK = 8192


def heard(sequence: Sequence, place: int, count: int, *, carrier_hz: float = 0.0) -> Any:
    """A block as a receiver at 20 MS/s has it: quieter, turned, with noise."""
    codes = sequence.codes.take(range(place, place + count), axis=0, mode="wrap")
    samples = (codes[:, 0] + 1j * codes[:, 1]) / 400 * np.exp(2j * np.pi * carrier_hz / 20e6 * np.arange(count))
    rng = np.random.default_rng(1)
    noisy = samples + rng.normal(0, 3, count) + 1j * rng.normal(0, 3, count)
    return np.rint(np.stack((noisy.real, noisy.imag), axis=1)).astype(np.int16)


@pytest.mark.parametrize("place", [0, 1, 12_345, PERIOD - 1])
def test_a_block_is_found_and_one_sample_more_or_less_is_seen(place: int) -> None:
    sequence = Sequence(1, BLOCK)
    block = heard(sequence, place, BLOCK, carrier_hz=5000.0)
    assert sequence.place(block) == place
    assert sequence.is_heard(block, place)
    for wrong in (np.delete(block, 5000, axis=0), np.insert(block, 5000, block[5000], axis=0)):
        assert not sequence.is_heard(wrong, place)
    assert not sequence.is_heard(block, place + 1)
    silent = block.copy()
    silent[3000:3300] = 0
    assert not sequence.is_heard(silent, place)


@pytest.mark.parametrize("block", [FULL_BLOCK, FOUR_BLOCK, ONE_BLOCK])
def test_a_block_of_any_length_in_use_may_begin_at_the_sequence_s_last_sample(block: int) -> None:
    sequence = Sequence(1, block)
    received = sequence.codes.take(range(PERIOD - 1, PERIOD - 1 + block), axis=0, mode="wrap") >> 4
    assert sequence.is_exactly(received, PERIOD - 1)
    assert sequence.is_heard(received, PERIOD - 1)
    received[-1] ^= 1
    assert not sequence.is_exactly(received, PERIOD - 1)


def test_to_the_bit_is_to_the_bit() -> None:
    sequence = Sequence(1, BLOCK)
    block = sequence.codes[100 : 100 + BLOCK] >> 4
    assert sequence.is_exactly(block, 100)
    block[17, 1] ^= 1
    assert not sequence.is_exactly(block, 100)


def test_rates_are_of_what_arrived_and_a_skipped_block_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Skipping(Libiio):
        """A client that loses a block now and then."""

        turns = 0

        def receive(self) -> bytearray:
            self.turns += 1
            if self.turns == pluto_measure.SETTLING + 3:
                super().receive()
            return super().receive()

    monkeypatch.setitem(CLIENTS, "skipping", Skipping)
    with BenchServer(2, elastic=True) as server:
        for air in (True, False):
            for rate in elastic_rates(server, "libiio", BLOCK, 10 * BLOCK, air=air):
                assert rate.sps > 0 and rate.wall_sps > 0
            with pytest.raises(ContentLost):
                elastic_rates(server, "skipping", BLOCK, 10 * BLOCK, air=air)
