"""Phase noise: the random walk of a free oscillator, and the Lorentzian line that it makes of a carrier."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from ampradio.channel.phase_noise import linewidth_hz, phase_noise
from tests.channel.tones import tone, worst_db

FS = 1e6
WIDTH = 500.0  # hertz


@pytest.fixture(scope="module")
def carriers() -> np.ndarray:
    return phase_noise(np.ones((2000, 401), np.complex64), WIDTH, FS, np.random.default_rng(1))


@pytest.mark.parametrize("later", [1, 20, 150, 400])
def test_variance_grows_with_time(carriers: np.ndarray, later: int) -> None:
    """Variance 2 pi linewidth t of the phase after t, Gaussian; from the start as from any later sample."""
    for start in {0, 400 - later}:
        phase = np.angle(carriers[:, start + later] * carriers[:, start].conj())
        low, high = stats.chi2.ppf([5e-7, 1 - 5e-7], 2000) / 2000
        assert low < np.mean(phase.astype(np.float64) ** 2) / (2 * np.pi * WIDTH * later / FS) < high
        assert stats.kstest(phase / phase.std(), "norm").pvalue > 1e-3


def test_the_carrier_decays(carriers: np.ndarray) -> None:
    """Mean of e^(j phase) after t: exp(-pi linewidth t), the transform of the Lorentzian."""
    mean = np.mean(carriers.astype(np.complex128), axis=0)
    assert mean == pytest.approx(np.exp(-np.pi * WIDTH * np.arange(401) / FS), abs=5 / np.sqrt(2000))


@pytest.mark.parametrize("offset_hz", [0.0, 250.0, 2e3, 2e4])
def test_the_line_is_lorentzian(offset_hz: float) -> None:
    """dBc/Hz by Welch's method, at the centre, at half power, on the slope of 20 dB a decade; within 0.6 dB."""
    carrier = phase_noise(np.ones((8, 400_000), np.complex64), WIDTH, FS, np.random.default_rng(2))
    frequency, density = signal.welch(
        carrier, FS, nperseg=32_768, window="hann", return_onesided=False, detrend=False, axis=-1
    )
    near = np.abs(np.abs(frequency) - offset_hz) <= max(40.0, offset_hz / 20)
    expected = np.mean((WIDTH / 2 / np.pi) / (frequency[near] ** 2 + (WIDTH / 2) ** 2))
    assert 10 * np.log10(density.mean(axis=0)[near].mean() / expected) == pytest.approx(0, abs=0.6)


def test_linewidth_of_a_data_sheet() -> None:
    """Far out L(f) = linewidth / (2 pi f^2): 2 pi 10^8 10^-8 = 6.28 Hz. And any point of a line leads back to it."""
    assert linewidth_hz(-80.0, 10e3) == pytest.approx(2 * np.pi, rel=1e-6)
    assert linewidth_hz(-100.0, 1e6) == pytest.approx(200 * np.pi, rel=1e-6)
    for offset_hz in (2_000.0, 20e3, 1e6):
        level = (WIDTH / 2 / np.pi) / (offset_hz**2 + (WIDTH / 2) ** 2)
        assert linewidth_hz(10 * np.log10(level), offset_hz) == pytest.approx(WIDTH)


def test_each_packet_its_oscillator() -> None:
    widths = np.array([0.0, 10.0, 1000.0])
    samples = np.stack([tone(0.1, 5000)] * 3)
    turned = phase_noise(samples, widths, FS, np.random.default_rng(3))
    assert np.array_equal(turned[0], samples[0]) and turned.dtype == np.complex64
    assert np.array_equal(turned[:, 0], samples[:, 0]), "it begins at phase 0"
    assert worst_db(np.abs(turned) - 1) < -110, "it only turns"
    step = np.std(np.angle(turned[:, 1:] * turned[:, :-1].conj() * np.exp(-0.2j * np.pi)), axis=1)
    assert step[2] / step[1] == pytest.approx(10, rel=0.1)


def test_a_seed_makes_the_same_walk_again() -> None:
    first, again, other = (
        phase_noise(np.ones(100, np.complex64), 1e3, FS, np.random.default_rng(seed)) for seed in (4, 4, 5)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_wrong_calls_are_refused() -> None:
    rng = np.random.default_rng(6)
    for wrong in (-1.0, float("nan"), np.zeros(3)):
        with pytest.raises(ValueError, match="linewidth_hz"):
            phase_noise(np.ones((2, 8), np.complex64), wrong, FS, rng)
    with pytest.raises(ValueError, match="sample_rate_sps"):
        phase_noise(np.ones(8, np.complex64), 1.0, 0.0, rng)
    with pytest.raises(ValueError, match="no Lorentzian"):
        linewidth_hz(-30.0, 10e3)
    with pytest.raises(ValueError, match="offset_hz"):
        linewidth_hz(-80.0, 0.0)
