"""Noise: its power, its distribution, its independence, and that a seed makes it again."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ampradio.channel.noise import awgn, noise_power_for_snr

N = 200_000
SILENCE = np.zeros(N, np.complex64)


def power_bounds(count: int, power: float) -> tuple[float, float]:
    """What the mean of ``count`` squared complex Gaussians exceeds once in a million runs: chi-square of 2 count."""
    low, high = stats.chi2.ppf([5e-7, 1 - 5e-7], 2 * count) * power / (2 * count)
    return float(low), float(high)


@pytest.mark.parametrize("power", [0.25, 1.0, 30.0])
def test_power_per_complex_sample(power: float) -> None:
    """Issue item 6: noise of the power asked for, within the chi-square interval."""
    noise = awgn(SILENCE, power, np.random.default_rng(1))
    low, high = power_bounds(N, power)
    assert low < float(np.mean(np.abs(noise.astype(np.complex128)) ** 2)) < high
    assert noise.dtype == np.complex64


def test_both_parts_are_gaussian_of_half_the_power_and_independent() -> None:
    noise = awgn(SILENCE, 2.0, np.random.default_rng(2))
    assert stats.kstest(noise.real, "norm").pvalue > 1e-3
    assert stats.kstest(noise.imag, "norm").pvalue > 1e-3
    assert abs(np.mean(noise.real * noise.imag)) < 5 / np.sqrt(N)


def test_white() -> None:
    """No correlation from sample to sample: each lag within five standard deviations of zero."""
    noise = awgn(SILENCE, 1.0, np.random.default_rng(3))
    for lag in (1, 2, 3, 10, 1000):
        assert abs(np.vdot(noise[:-lag], noise[lag:])) / (N - lag) < 5 / np.sqrt(N)


def test_each_packet_its_power_and_its_own_noise() -> None:
    powers = np.array([0.0, 0.5, 4.0])
    noise = awgn(np.zeros((3, N), np.complex64), powers, np.random.default_rng(4))
    assert not noise[0].any()
    for packet in (1, 2):
        low, high = power_bounds(N, powers[packet])
        assert low < float(np.mean(np.abs(noise[packet].astype(np.complex128)) ** 2)) < high
    assert abs(np.vdot(noise[1], noise[2])) / N < 5 * np.sqrt(2.0 / N)


def test_the_signal_stays_under_the_noise() -> None:
    signal = np.full(100, 3 - 4j, np.complex64)
    assert np.array_equal(awgn(signal, 0.0, np.random.default_rng(5)), signal)
    alone = awgn(np.zeros(100, np.complex64), 0.1, np.random.default_rng(5))
    assert np.allclose(awgn(signal, 0.1, np.random.default_rng(5)) - alone, signal, atol=1e-6)
    assert np.array_equal(signal, np.full(100, 3 - 4j)), "the input is untouched"


def test_same_seed_same_noise_another_seed_another() -> None:
    first, again, other = (awgn(SILENCE[:100], 1.0, np.random.default_rng(seed)) for seed in (6, 6, 7))
    assert np.array_equal(first, again) and not np.any(first == other)


def test_a_weaker_noise_draws_the_same_numbers() -> None:
    """So that a sweep over SNR compares the same noise at every point."""
    strong, weak = (awgn(SILENCE[:100], power, np.random.default_rng(8)) for power in (1.0, 0.01))
    assert np.allclose(strong, 10 * weak, rtol=1e-6)


def test_noise_power_for_an_snr() -> None:
    assert noise_power_for_snr(2.0, 3.0) == pytest.approx(2.0 / 1.9952623, rel=1e-6)
    assert noise_power_for_snr(1.0, np.array([0.0, 10.0, -10.0])) == pytest.approx([1.0, 0.1, 10.0])


@pytest.mark.parametrize("power", [-1.0, float("nan"), float("inf"), np.array([1.0, 2.0])])
def test_a_wrong_power_is_refused(power: float) -> None:
    with pytest.raises(ValueError, match="noise_power"):
        awgn(np.zeros((3, 10), np.complex64), power, np.random.default_rng(9))
