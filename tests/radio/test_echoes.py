"""Fading on a way between emulated radios: the channel's own for as long as it is drawn, then back the way it came."""

from __future__ import annotations

import numpy as np

from ampradio.channel.doppler import fading_multipath, fading_taps
from ampradio.channel.multipath import LEAD_SAMPLES
from testbed.emulated_air.echoes import CYCLES, Fading
from testbed.seeds import generator_for

RATE_SPS, DOPPLER_HZ = 1_000_000.0, 200.0
FADING = Fading("B", 5, ("there",), DOPPLER_HZ)


def test_fading_begins_with_what_the_channel_draws_and_runs_back_from_its_end() -> None:
    """A carrier through the same draw; about the end, as much later as earlier it is heard alike, and it does move."""
    drawn = fading_taps("B", RATE_SPS, DOPPLER_HZ, round(CYCLES / DOPPLER_HZ * RATE_SPS), generator_for(5, "there"))
    (echoes,) = FADING.echoes(RATE_SPS)
    carrier = np.ones(4001 + echoes.memory, np.complex64)
    begun = fading_multipath(carrier, drawn)[echoes.memory : carrier.size]
    assert np.allclose(echoes.applied(carrier, 0), begun, atol=1e-5)
    turn = (drawn.taps.shape[0] - 1) * drawn.step_samples
    for there in (turn, 3 * turn):
        about = echoes.applied(carrier, there + LEAD_SAMPLES - 2000 - echoes.memory)
        assert np.allclose(about, about[::-1], atol=2e-3)
        assert abs(about - about[2000]).max() > 0.1
    again = echoes.applied(carrier, 2 * turn)
    assert np.allclose(again, begun, atol=1e-4)
