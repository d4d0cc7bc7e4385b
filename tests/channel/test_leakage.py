"""The AP's leaking carrier: isolation, echoes, and a drift of stated rate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ampradio.channel.leakage import Drift, LeakPaths, leak_taps, leakage
from ampradio.channel.multipath import LEAD_SAMPLES
from ampradio.profile import load_profile
from tests.channel.tones import tone, worst_db

FS = 20e6
DIRECT = np.ones(1, np.complex64)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_isolation_of_the_profile() -> None:
    """Section 7: TX-RX isolation of 20 dB; an excitation of power one leaks a hundredth."""
    isolation_db = load_profile().link.isolation_db
    assert isolation_db == 20
    out = leakage(tone(0.1, 500), isolation_db, DIRECT, FS, rng())
    assert worst_db(out - 0.1 * tone(0.1, 500)) < -110 and out.dtype == np.complex64


def test_the_direct_coupling_is_steady_and_the_echoes_are_not() -> None:
    """Powers 1 and 0.1 over their sum 1.1: Rice with K = 10. At 100 MS/s both are taps of their own."""
    taps = leak_taps(LeakPaths((50.0,), (-10.0,)), 100e6, rng(2), (5000,)).astype(np.complex128)
    direct, echo = taps[:, LEAD_SAMPLES], taps[:, LEAD_SAMPLES + 5]
    assert np.abs(direct) ** 2 == pytest.approx(np.full(5000, 1 / 1.1), rel=1e-3)
    assert stats.kstest(np.angle(direct), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-3
    assert stats.kstest(np.abs(echo) ** 2 * 11, "expon").pvalue > 1e-3
    assert abs(np.mean(direct * echo.conj())) < 5 * np.sqrt(0.1 / 1.1**2 / 5000), "phases independent"
    rest = np.delete(taps, [LEAD_SAMPLES, LEAD_SAMPLES + 5], axis=1)
    assert np.abs(rest).max() < 1e-6


@pytest.mark.parametrize("rate_sps", [4e6, 20e6, 40e6])
def test_mean_power_is_the_isolation(rate_sps: float) -> None:
    """With all echoes, at a frequency inside the band, at any sample rate."""
    taps = leak_taps(LeakPaths(), rate_sps, rng(3), (4000,)).astype(np.complex128)
    position = np.arange(taps.shape[1]) - LEAD_SAMPLES
    for frequency in (0.0, 0.2, -0.35):
        power = np.abs(taps @ np.exp(-2j * np.pi * frequency * position)) ** 2
        assert power.mean() == pytest.approx(1, abs=0.003 + 5 * power.std() / np.sqrt(4000))


def test_no_echoes_are_one_phase() -> None:
    taps = leak_taps(LeakPaths((), ()), FS, rng(4))
    assert np.count_nonzero(taps) == 1 and abs(taps[LEAD_SAMPLES]) == pytest.approx(1)


@pytest.mark.parametrize("later", [10, 300, 1999])
def test_drift_grows_with_the_root_of_time(later: int) -> None:
    """Gain in dB and phase, Gaussian, of the stated deviation after 1 s times the root of the time; independent."""
    drift = Drift(gain_db=30.0, phase_rad=20.0)
    leak = leakage(np.ones((2000, 2000), np.complex64), 0.0, DIRECT, FS, rng(5), drift)
    change = leak[:, later].astype(np.complex128) / leak[:, 0]
    root = np.sqrt(later / FS)
    low, high = stats.chi2.ppf([5e-7, 1 - 5e-7], 2000) / 2000
    assert low < np.mean((20 * np.log10(np.abs(change)) / (30 * root)) ** 2) < high
    assert low < np.mean((np.angle(change) / (20 * root)) ** 2) < high
    assert abs(stats.pearsonr(np.abs(change), np.angle(change))[0]) < 5 / np.sqrt(2000)
    assert np.allclose(leak[:, 0], 1)


def test_a_slow_drift_is_slow() -> None:
    """What a canceller that estimated once is left with after 1 ms at 1 rad in 1 s: 10 log10 0.001 = -30 dB."""
    leak = leakage(np.ones((200, 20_001), np.complex64), 0.0, DIRECT, FS, rng(6), Drift(phase_rad=1.0))
    left = np.mean(np.abs(leak[:, -1] - leak[:, 0]) ** 2)
    assert 10 * np.log10(left) == pytest.approx(-30, abs=2.2)


def test_each_packet_its_isolation_and_taps() -> None:
    taps = leak_taps(LeakPaths(), FS, rng(7), (2,))
    sent = np.stack([tone(0.05, 300), tone(-0.2, 300)])
    out = leakage(sent, np.array([20.0, 50.0]), taps, FS, rng(7))
    for packet, isolation_db in enumerate((20.0, 50.0)):
        expected = np.convolve(sent[packet], taps[packet]) * 10 ** (-isolation_db / 20)
        assert worst_db(out[packet] - expected) < -120


def test_a_seed_makes_the_same_leak_again() -> None:
    first, again, other = (
        leakage(np.ones(100, np.complex64), 20.0, leak_taps(LeakPaths(), FS, rng(seed)), FS, rng(seed), Drift(9.0, 9.0))
        for seed in (8, 8, 9)
    )
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_wrong_calls_are_refused() -> None:
    sent = np.ones((2, 8), np.complex64)
    for delays, powers in (((1.0,), ()), ((-1.0,), (0.0,)), ((1.0,), (float("nan"),))):
        with pytest.raises(ValueError, match="echoes"):
            LeakPaths(delays, powers)
    for wrong in ({"gain_db": -1.0}, {"phase_rad": float("inf")}):
        with pytest.raises(ValueError, match="drift"):
            Drift(**wrong)
    for isolation_db in (float("nan"), np.zeros(3)):
        with pytest.raises(ValueError, match="isolation_db"):
            leakage(sent, isolation_db, DIRECT, FS, rng())
    for call in (lambda: leak_taps(LeakPaths(), 0.0, rng()), lambda: leakage(sent, 0.0, DIRECT, 0.0, rng())):
        with pytest.raises(ValueError, match="sample_rate_sps"):
            call()
