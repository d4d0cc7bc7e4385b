"""Samples that are lost, dropped or of before: counted, and in the stream where the driver says."""

from __future__ import annotations

import time

import numpy as np
import pytest

from ampradio.radio.interface import Loopback
from tests.radio.conftest import RATE_SPS, OpenRadio, settings
from tests.radio.counted import SMALL, counting, places
from tests.radio.plutos import network
from tests.radio.test_driver import heard, looped, noise


def test_an_overflow_is_counted_and_lies_where_the_driver_says(opened: OpenRadio) -> None:
    """The reader pauses: old blocks, then a gap. What the radio repeats numbers the samples, so a gap shows."""
    length = 64 * 127
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], paced_by_reader=True, block=SMALL)
        radio.start(transmit=False)
        radio.cyclic(counting(length))
        blocks = [radio.receive() for _ in range(8)]
        for _ in range(2):
            time.sleep(5.37 * SMALL / RATE_SPS)  # four buffers
            blocks += [radio.receive() for _ in range(8)]
        counted = radio.losses().overflows
        assert counted == radios.plutos[0].receive_core.registers.losses >= 2  # more where the machine paused too
        since = next(index for index in range(1, 8) if blocks[index].codes.any()) + 1
        whole = np.concatenate([places(block.codes) for block in blocks[since:]])
        jumps = np.flatnonzero(np.diff(whole) % length != 1) + 1 + blocks[since].first
        assert [block.first for block in blocks[since + 1 :] if block.lost] == jumps.tolist()
        assert len(jumps) >= 2 and blocks[-1].segment >= 2
        radio.close()


def test_an_underflow_is_counted_and_bursts_are_exact_again_afterwards(opened: OpenRadio) -> None:
    """The transmitter misses 3333 samples while a long burst is sent: its stream is later from then on."""
    with network(1) as radios:
        radio = opened(radios.uris[0], paced_by_reader=True, block=SMALL)
        radio.start()
        end = radio.receive().end
        assert radio.burst(noise(4 * SMALL, 1), end + radio.lead).on_time
        assert radio.burst(noise(500, 4), end + 40 * SMALL).on_time  # waits, and is moved with the stream
        radio.receive(), radio.receive()
        radios.plutos[0].faults.underflow(3333)
        radio.receive(), radio.receive()
        losses = radio.losses()
        assert (losses.underflows, losses.overflows, losses.displaced_bursts) == (1, 0, 1)
        codes, begin = heard(radio, end + 41 * SMALL)
        assert np.array_equal(codes[end + 40 * SMALL - begin :][:500], looped(noise(500, 4)))
        at = radio.earliest() + 77
        assert radio.burst(noise(700, 2), at).on_time
        codes, begin = heard(radio, at + SMALL)
        assert np.array_equal(codes[at - begin :][:700], looped(noise(700, 2)))
        assert radio.losses() == losses
        radio.close()


def test_a_block_may_last_longer_than_a_radio_may_be_silent(opened: OpenRadio) -> None:
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], block=1 << 20, timeout_s=0.2)  # half a second
        radio.start(transmit=False)
        assert [radio.receive().lost for _ in range(2)] == [False, False]
        radio.close()


def test_blocks_that_nobody_fetches_are_dropped_and_counted(opened: OpenRadio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ampradio.radio.free_running._MOST_BYTES", 6 * 4 * SMALL)
    with network(1, elastic=False) as radios:
        radio = opened(radios.uris[0], block=SMALL)
        radio.start(transmit=False)
        radio.receive()
        while radio.losses().dropped_blocks < 3:
            time.sleep(SMALL / RATE_SPS)
        block = radio.receive()
        assert block.first >= 4 * SMALL and not block.lost  # its index tells how many
        radio.close()


def test_a_retuned_radio_delivers_nothing_from_before(opened: OpenRadio) -> None:
    """Two radios: one sends a tone; the other is tuned away while blocks with it wait in its buffers."""
    also = {"loopback": Loopback.OFF, "tx_attenuation_db": 0.0, "rx_gain_db": 40.0}
    with network(2, elastic=False) as radios:
        sender = opened(radios.uris[0], block=SMALL, also=also)
        sender.cyclic(np.full(4096, 0.9, np.complex64))
        for paced in (False, True):
            receiver = opened(radios.uris[1], block=SMALL, paced_by_reader=paced, also=also)
            receiver.start(transmit=False)
            while abs(receiver.receive().samples).mean() < 0.03:
                pass
            time.sleep(2.5 * SMALL / RATE_SPS)
            receiver.configure(settings(**{**also, "centre_hz": 2_450_000_000}))
            block = receiver.receive()
            assert abs(block.samples).mean() < 0.005
            assert block.first > 0
            receiver.close()
        sender.close()
