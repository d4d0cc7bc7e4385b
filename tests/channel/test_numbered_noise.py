"""Numbered noise: the published words of its generator, the normal law into its tails, the same however it is cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from ampradio import accelerator
from ampradio.channel.numbered_noise import BLOCK, LANES, noise_key, numbered_noise, stepped

COUNT = 1 << 21


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    """Two million samples across five hundred seeds of every lane: two normal numbers of variance 1 each."""
    return numbered_noise(noise_key(2026, 3), 12_345, COUNT).view(np.float32).reshape(-1, 2).astype(float) * 2**0.5


def test_the_words_are_those_published() -> None:
    """xoshiro128++ of its authors' C code, from the state 1, 2, 3, 4."""
    state = [np.array([word], np.uint32) for word in (1, 2, 3, 4)]
    words = [int(stepped(state)[0]) for _ in range(10)]
    assert words == [
        641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
    ]  # fmt: skip


def test_its_moments_are_those_of_the_normal_law(noise: np.ndarray) -> None:
    """Each within 4.5 of its own standard deviations, √((E x²ᵏ − (E xᵏ)²) / n)."""
    for part in noise.T:
        power = np.ones(COUNT)
        for order, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (5, 0, 945), (6, 15, 10_170)):
            power *= part
            assert abs(power.mean() - moment) < 4.5 * np.sqrt(variance / COUNT), order


def test_bins_fill_as_the_normal_law_fills_them_out_to_five_sigma(noise: np.ndarray) -> None:
    edges = np.array([-np.inf, *np.arange(-4.75, 4.76, 0.05), np.inf])
    expected = np.diff(stats.norm.cdf(edges)) * noise.size
    edges = edges[np.r_[True, expected[:-1] + expected[1:] > 40, True][: edges.size]]
    expected = np.diff(stats.norm.cdf(edges)) * noise.size
    counted, _ = np.histogram(noise, edges)
    assert stats.chisquare(counted, expected).pvalue > 1e-4
    for part in noise.T:
        assert stats.kstest(part[: 1 << 18], "norm").pvalue > 1e-4
    for sigmas in (3.5, 4.0, 4.5):
        beyond, law = np.count_nonzero(abs(noise) > sigmas), 2 * stats.norm.sf(sigmas) * noise.size
        assert abs(beyond - law) < 4.5 * np.sqrt(law)
    assert 4.7 < abs(noise).max() < 6.7  # once in 4 million: 5.2; that of 32 bits is 6.7


def test_it_is_white_and_its_parts_know_nothing_of_each_other(noise: np.ndarray) -> None:
    """No correlation with what lies a lane, a step, or a seed away, of samples nor of their powers; a flat spectrum."""
    row = noise[:, 0] + 1j * noise[:, 1]
    power = abs(row) ** 2 / 2 - 1
    assert abs(np.mean(row**2)) / 2 < 4.5 / np.sqrt(COUNT)  # circular
    assert abs(np.mean((noise[:, 0] ** 2 - 1) * (noise[:, 1] ** 2 - 1))) < 4.5 * 2 / np.sqrt(COUNT)
    for lag in (1, 2, 64, LANES - 1, LANES, LANES + 1, 2 * LANES, 512, BLOCK - 1, BLOCK, 2 * BLOCK):
        assert abs(np.vdot(row[lag:], row[:-lag])) / 2 < 4.5 * np.sqrt(COUNT), lag
        assert abs(np.dot(power[lag:], power[:-lag])) < 4.5 * np.sqrt(COUNT), lag
    spectrum = np.mean(abs(np.fft.fft(row.reshape(-1, 1024))) ** 2, axis=0) / 2048
    assert abs(spectrum - 1).max() < 5 / np.sqrt(COUNT / 1024)


def test_a_sample_hangs_on_its_number_and_its_key_alone() -> None:
    """Any cut, either way of computing; other keys and streams give other noise."""
    key, first, count = noise_key(1 << 63 | 5, 1 << 40), 9 * BLOCK - 700, 3 * BLOCK
    whole = numbered_noise(key, first, count)
    for cuts in ((1, 699, 700, 701), (511, 4096, 8000), (5000,)):
        parts = [numbered_noise(key, first + a, b - a) for a, b in itertools.pairwise((0, *cuts, count))]
        assert np.array_equal(np.concatenate(parts), whole)
    with accelerator.off():
        assert np.array_equal(numbered_noise(key, first, count), whole)
        assert numbered_noise(key, 0, 0).size == 0
    for other in (noise_key(5, 1 << 40), noise_key(1 << 63 | 5), noise_key(1 << 63 | 6, 1 << 40)):
        assert abs(np.vdot(numbered_noise(other, first, count), whole)) < 4.5 * np.sqrt(count)


@pytest.mark.parametrize(("key", "stream"), [(-1, 0), (1 << 64, 0), (0, -1), (0, 1 << 64)])
def test_keys_have_64_bits(key: int, stream: int) -> None:
    with pytest.raises(ValueError, match="2⁶⁴"):
        noise_key(key, stream)


@pytest.mark.parametrize(("first", "count"), [(-1, 5), (0, -1)])
def test_there_is_nothing_before_sample_0(first: int, count: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        numbered_noise(noise_key(0), first, count)
