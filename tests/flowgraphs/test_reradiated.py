"""What a tag's radio sends for a reflection: the excitation that it has learnt, while its stream has not broken."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ampradio.phy.mono_tag_receiver import MonoTagReceiver
from ampradio.vectors import PpduKind
from flowgraphs.burst_schedule import Burst
from flowgraphs.reradiated import ExcitationReceiver
from tests.phy.streams import PROFILE, with_noise
from tests.phy.test_known_excitation import RATE_SPS, REPLY, T3, arrived


def listening() -> ExcitationReceiver:
    return ExcitationReceiver(MonoTagReceiver(PROFILE, RATE_SPS, squares=True), PROFILE, RATE_SPS)


def test_what_is_sent_is_the_excitation_times_the_coefficient_until_samples_are_missing() -> None:
    """T3 after a command 97 % of it or more; after a gap its place is another's, and nothing is sent for it."""
    rng = np.random.default_rng(3)
    clean = arrived(rng, PpduKind.DL_TYPE2, 60_000.0, 20.0)
    heard, receiver = with_noise(rng, clean, 0.1), listening()
    commands = [
        each for begin, stop in pairwise((0, *range(5000, heard.size, 7000), heard.size))
        for each in receiver.feed(heard[begin:stop])
    ]  # fmt: skip
    assert len(commands) == receiver.learnt == 1
    start = commands[0].fields[-1].stop_sample + T3
    coefficient = Burst(start, np.full(REPLY, 0.5, np.complex64))
    sent, there = receiver.reradiated(coefficient), clean[start : start + REPLY]
    assert sent is not None and sent.start == start
    alike = abs(np.vdot(there, sent.samples)) / np.linalg.norm(there) / np.linalg.norm(sent.samples)
    assert alike > 0.97
    clocks = receiver.clocks
    receiver.forget()
    assert receiver.reradiated(coefficient) is None and receiver.clocks == clocks


def test_a_command_with_a_hole_in_it_tells_nothing_of_the_clocks() -> None:
    """One whose first samples came before the gap is missed, the next one learnt."""
    rng = np.random.default_rng(4)
    first, second = (with_noise(rng, arrived(rng, PpduKind.DL_TYPE2, 0.0, 0.0), 0.1) for _ in range(2))
    receiver = listening()
    commands = receiver.feed(first[:15_000])
    receiver.forget()  # nothing is missing for the envelope's sake, who then hears the command whole
    commands += receiver.feed(first[15_000:])
    assert len(commands) == 1 and (receiver.learnt, receiver.missed) == (0, 1)
    assert receiver.reradiated(Burst(40_000, np.ones(10, np.complex64))) is None
    commands += receiver.feed(second)
    assert len(commands) == 2 and (receiver.learnt, receiver.missed) == (1, 1)
