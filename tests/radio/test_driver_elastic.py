"""Radios in elastic time, paced by their readers: exact distances, and runs that repeat."""

from __future__ import annotations

import numpy as np

from ampradio.radio.interface import Loopback, LossCount
from ampradio.radio.opening import open_radio, start_together
from tests.radio.conftest import settings
from tests.radio.plutos import network
from tests.radio.test_driver import noise

BLOCK = 8192
AIR = {"loopback": Loopback.OFF, "tx_attenuation_db": 0.0, "rx_gain_db": 40.0}


def answered(seed: int) -> tuple[list[int], bytes]:
    """Two radios, one thread: one answers 20000 samples after what it hears. Return where, and what was heard."""
    with network(2, seed=seed) as network_of_two:
        radios = [open_radio(uri, block=BLOCK, lead_blocks=1, paced_by_reader=True) for uri in network_of_two.uris]
        for radio in radios:
            radio.configure(settings(**AIR))
        start_together(radios)
        call = noise(400, 1)
        assert radios[0].burst(call, 5 * BLOCK + 321).on_time
        loud: list[int] = []
        heard = b""
        for _ in range(12):
            near, far = (radio.receive() for radio in radios)
            heard += near.codes.tobytes() + far.codes.tobytes()
            power = abs(far.samples) ** 2
            if not loud and power.max() > 50 * np.median(power):
                loud.append(far.first + int(np.argmax(power > 50 * np.median(power))))
                outcome = radios[1].burst(call, loud[0] + 20000)
                assert outcome.on_time, "a block and its lead are 16384 samples"
            elif loud and len(loud) == 1 and near.first >= 6 * BLOCK:  # behind its own leakage
                power = abs(near.samples) ** 2
                if power.max() > 50 * np.median(power):
                    loud.append(near.first + int(np.argmax(power > 50 * np.median(power))))
        assert all(radio.losses() == LossCount() for radio in radios)
        for radio in radios:
            radio.close()
    return loud, heard


def test_two_radios_in_one_thread_answer_each_other_and_the_run_repeats() -> None:
    first, again, other = answered(1), answered(1), answered(2)
    call_at, answer_at = first[0]
    assert (call_at - 321) % BLOCK == 0  # their counters differ by whole blocks
    assert (answer_at - call_at - 20000) % BLOCK == 0
    assert first == again
    assert first[0] == other[0] and first[1] != other[1]


def test_the_lead_is_constant_and_a_burst_within_it_is_late() -> None:
    with network(1) as one, open_radio(one.uris[0], block=BLOCK, lead_blocks=1, paced_by_reader=True) as radio:
        radio.configure(settings())
        radio.start()
        for _ in range(5):
            end = radio.receive().end
            assert radio.lead == BLOCK == radio.earliest() - end
            assert radio.burst(noise(10, 1), end + BLOCK).on_time
            assert radio.burst(noise(10, 1), end + BLOCK - 1).late_by == 1
        assert radio.losses() == LossCount(late_bursts=5)
