"""The streaming channel: the same as the functions for whole arrays, and the same to the bit however it is cut."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ampradio.channel.doppler import FadingTaps, fading_multipath, fading_taps
from ampradio.channel.front_end import dc_offset, iq_imbalance
from ampradio.channel.leakage import Drift
from ampradio.channel.multipath import multipath, multipath_taps
from ampradio.channel.per_packet import Samples
from ampradio.channel.quantisation import quantise
from ampradio.channel.streaming import DriftStage, FadingStage, PhaseNoiseStage, Stage, applied, standing
from ampradio.channel.streaming_receiver import FrontEnd, WifiStage
from ampradio.channel.walk import BLOCK, TURN, Walk
from ampradio.channel.wifi_interference import WifiTraffic

FS = 20_000_000
N = 40_000
TRAFFIC = WifiTraffic(0.5, 2, 30)


def moving() -> FadingTaps:
    return fading_taps("B", FS, 20_000.0, N, np.random.default_rng(3))


STAGES: dict[str, Callable[[], Stage]] = {
    "fading": lambda: FadingStage(moving()),
    "still": lambda: FadingStage(standing(multipath_taps("D", FS, np.random.default_rng(4)))),
    "phase noise": lambda: PhaseNoiseStage(1000.0, FS, 5),
    "drift": lambda: DriftStage(Drift(30.0, 20.0), FS, 6),
    "wifi": lambda: WifiStage(TRAFFIC, 3.0, 1e6, FS, 7),
    "front end": lambda: FrontEnd(6.0, 777, 0.5, 2.0, 0.1 - 0.2j, 6, 2.0),
}


@pytest.fixture(scope="module")
def signal() -> Samples:
    rng = np.random.default_rng(5)
    return (rng.normal(size=N) + 1j * rng.normal(size=N)).astype(np.complex64)


@pytest.mark.parametrize("name", STAGES)
def test_the_cut_does_not_show(signal: Samples, name: str) -> None:
    """Pieces of any length, down to one sample, come out as the whole does, to the bit; and something happens."""
    whole = STAGES[name]().apply(signal, 0)
    assert whole.dtype == np.complex64 and whole.size == N
    assert not np.array_equal(whole, signal)
    stage, rng, pieces, at = STAGES[name](), np.random.default_rng(8), [], 0
    while at < N:
        size = int(rng.choice([1, 3, 16, 333, 4096]))
        pieces.append(stage.apply(signal[at : at + size], at))
        at += size
    assert np.array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("name", ["phase noise", "drift", "wifi", "front end"])
def test_anyone_may_enter_anywhere(signal: Samples, name: str) -> None:
    """What is drawn belongs to the place in the stream: a piece alone is that piece of the whole."""
    whole = STAGES[name]().apply(signal, 0)
    assert np.array_equal(STAGES[name]().apply(signal[23_456:], 23_456), whole[23_456:])


def test_fading_is_that_of_whole_arrays(signal: Samples) -> None:
    """Moving and standing taps, within single precision."""
    assert np.allclose(FadingStage(moving()).apply(signal, 0), fading_multipath(signal, moving())[:N], atol=2e-5)
    taps = multipath_taps("D", FS, np.random.default_rng(4))
    assert np.allclose(FadingStage(standing(taps)).apply(signal, 0), multipath(signal, taps)[:N], atol=2e-5)


def test_front_end_is_that_of_whole_arrays(signal: Samples) -> None:
    """Mixer, then converter; the gain goes up and down by turns."""
    expected = quantise(dc_offset(iq_imbalance(signal, 0.5, 2.0), 0.1 - 0.2j), 6, 2.0)
    assert np.array_equal(FrontEnd(0.0, 1, 0.5, 2.0, 0.1 - 0.2j, 6, 2.0).apply(signal, 0), expected)
    stepped = FrontEnd(agc_step_db=6.0, agc_period_samples=1000).apply(signal, 500)
    gain_db = 20 * np.log10(np.abs(stepped / signal))
    up = (np.arange(500, 500 + N) // 1000) % 2 == 1
    assert np.allclose(gain_db[up], 6.0, atol=1e-3) and np.allclose(gain_db[~up], 0.0, atol=1e-3)


def test_a_jump_leaves_no_echo(signal: Samples) -> None:
    """What was sent before a stretch that is left out does not sound after it."""
    stage = FadingStage(standing(np.array([1, 0.5, 0.25], np.complex64)))
    stage.apply(signal[:100], 0)
    assert not stage.apply(np.zeros(10, np.complex64), 5000).any()


def test_phase_noise_and_drift_grow_as_they_should() -> None:
    """Variance of the phase after t is 2 pi linewidth t, and of a drift its own squared times t."""
    t = 2000
    carrier = np.ones(t + 1, np.complex64)
    turned = [np.angle(PhaseNoiseStage(100.0, FS, seed).apply(carrier, 0)[t]) for seed in range(800)]
    assert np.var(turned) == pytest.approx(2 * np.pi * 100.0 * t / FS, rel=0.2)
    wandered = [DriftStage(Drift(10.0, 30.0), FS, seed).apply(carrier, 0)[t] for seed in range(800)]
    assert np.var(np.angle(wandered)) == pytest.approx(900 * t / FS, rel=0.2)
    assert np.var(20 * np.log10(np.abs(wandered))) == pytest.approx(100 * t / FS, rel=0.2)


def test_a_walk_is_one_over_the_edges_of_its_blocks() -> None:
    """Steps have variance one within blocks, across their edges, and over spans; other seeds are others."""
    steps = np.diff(Walk(1).between(0, 40 * BLOCK))
    assert np.mean(steps) == pytest.approx(0, abs=5 / np.sqrt(steps.size))
    assert np.var(steps) == pytest.approx(1, rel=0.01)
    edges = np.array([np.diff(Walk(seed).between(BLOCK - 1, 2))[0] for seed in range(600)])
    assert np.var(edges) == pytest.approx(1, rel=0.2)
    spans = [np.diff(Walk(seed).between(0, BLOCK + 1)[[BLOCK // 2, BLOCK]])[0] for seed in range(400)]
    assert np.var(spans) == pytest.approx(BLOCK / 2, rel=0.25)
    assert abs(np.corrcoef(steps[:-1], steps[1:])[0, 1]) < 5 / np.sqrt(steps.size)
    with pytest.raises(ValueError, match="negative"):
        Walk(1).between(-1, 3)


def test_a_walk_turns_and_comes_back_the_way_it_went() -> None:
    walk, turn = Walk(3), TURN * BLOCK
    there, back = walk.between(turn - 3 * BLOCK, 3 * BLOCK), walk.between(turn + 1, 3 * BLOCK)
    assert np.array_equal(back, there[::-1])
    assert abs(np.diff(walk.between(turn - 2, 5))).max() < 6
    assert np.array_equal(walk.between(2 * turn, 5), Walk(3).between(0, 5))


def test_wifi_bursts_have_the_duty_and_power_asked_for() -> None:
    """Over half a second of bursts of 3 dB: half the time, and twice the power while on."""
    stage = WifiStage(WifiTraffic(0.5, 6, 60), 3.0, 0.0, FS, 11)
    piece = np.zeros(200_000, np.complex64)
    heard = np.concatenate([stage.apply(piece, at) for at in range(0, 4_000_000, piece.size)])
    on = np.abs(heard) > 0
    assert np.mean(on) == pytest.approx(0.5, abs=0.05)
    assert np.mean(np.abs(heard[on]) ** 2) == pytest.approx(10**0.3, rel=0.05)


def test_wifi_is_still_there_for_who_comes_back_after_a_look_ahead() -> None:
    """Bursts are kept for a tenth of a second: those 90 ms behind what was asked last are as they were."""
    silence, ahead = np.zeros(FS // 1000, np.complex64), FS * 9 // 100
    fresh, asked = (WifiStage(WifiTraffic(0.5, 6, 60), 3.0, 0.0, FS, 11) for _ in range(2))
    first = fresh.apply(silence, 0)
    assert np.count_nonzero(first) > silence.size // 10
    asked.apply(silence, ahead)
    assert np.array_equal(asked.apply(silence, 0), first)
    assert np.array_equal(asked.apply(silence, ahead), fresh.apply(silence, ahead))


def test_stages_follow_one_another(signal: Samples) -> None:
    """In the order given."""
    first, second = FrontEnd(dc_offset=1.0), FrontEnd(adc_bits=3, adc_full_scale=2.0)
    assert np.array_equal(applied((first, second), signal, 0), second.apply(first.apply(signal, 0), 0))


def test_what_cannot_be_is_refused() -> None:
    """Numbers out of range."""
    with pytest.raises(ValueError, match="linewidth"):
        PhaseNoiseStage(-1.0, FS, 1)
    with pytest.raises(ValueError, match="rate"):
        DriftStage(Drift(1.0, 1.0), 0.0, 1)
    with pytest.raises(ValueError, match="taps"):
        FadingStage(FadingTaps(np.zeros((2, 3, 4), np.complex64), 1))
    with pytest.raises(ValueError, match="multiple"):
        WifiStage(TRAFFIC, 0.0, 0.0, 4e6, 1)
