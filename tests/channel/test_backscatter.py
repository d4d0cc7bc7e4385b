"""Two-way backscatter fading: the product of two Rayleigh ways, and the order in which a carrier meets them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special, stats

from ampradio.channel.backscatter import reflection, two_way_taps
from ampradio.channel.multipath import LEAD_SAMPLES
from tests.channel.tones import tone, worst_db

FS = 20e6
DRAWS = 20_000
ONE = np.ones(1, np.complex64)


def independent(z: np.ndarray) -> np.ndarray:
    """Return P(X Y < z) of two exponential powers of mean one, the square of a K-distributed amplitude."""
    z = np.maximum(z, 1e-30)
    return 1 - 2 * np.sqrt(z) * special.k1(2 * np.sqrt(z))


def reciprocal(z: np.ndarray) -> np.ndarray:
    """Return P(X^2 < z) of one exponential power of mean one."""
    return 1 - np.exp(-np.sqrt(z))


def powers(model: str, same: bool) -> np.ndarray:
    """Return the two-way power gain (DRAWS,) of a carrier in the middle of the band."""
    forward, backward = two_way_taps(model, FS, np.random.default_rng(1), DRAWS, reciprocal=same)
    return np.abs(forward.astype(np.complex128).sum(axis=1) * backward.astype(np.complex128).sum(axis=1)) ** 2


@pytest.mark.parametrize("model", ["B", "D"])
def test_independent_ways(model: str) -> None:
    """Issue 3 item 4: mean power one, E[power^2] = 4, and the distribution with the Bessel function."""
    power = powers(model, same=False)
    assert power.mean() == pytest.approx(1, abs=5 * np.sqrt(3 / DRAWS))
    assert stats.kstest(power, independent).pvalue > 1e-3
    deep = integrate.quad(lambda x: np.exp(-x) * -np.expm1(-0.1 / x), 0, np.inf)[0]
    assert np.mean(power < 0.1) == pytest.approx(deep, abs=5 * np.sqrt(deep / DRAWS)) and deep > 0.23, "not 0.095"


def test_reciprocal_ways() -> None:
    """One antenna: E[X^2] = 2 of an exponential X, variance 24 - 4."""
    power = powers("B", same=True)
    assert power.mean() == pytest.approx(2, abs=5 * np.sqrt(20 / DRAWS))
    assert stats.kstest(power, reciprocal).pvalue > 1e-3


def test_independent_of_each_other() -> None:
    forward, backward = two_way_taps("D", FS, np.random.default_rng(2), 5000)
    product = forward.sum(axis=1) * backward.sum(axis=1).conj()
    assert abs(product.mean()) < 5 / np.sqrt(5000)
    same, again = two_way_taps("D", FS, np.random.default_rng(2), reciprocal=True)
    assert np.array_equal(same, again) and same.ndim == 1


def test_there_times_the_tag_and_back() -> None:
    """Against the sums written out; the tag switches what has arrived, not what left."""
    rng = np.random.default_rng(3)
    carrier, switched, forward, backward = (
        (rng.normal(size=(2, size)) + 1j * rng.normal(size=(2, size))).astype(np.complex64) for size in (90, 60, 4, 3)
    )
    out = reflection(carrier, switched, forward, backward)
    assert out.shape == (2, 90 + 3 + 2) and out.dtype == np.complex64
    for packet in (0, 1):
        at_tag = np.convolve(carrier[packet], forward[packet])
        held = np.concatenate([switched[packet], np.full(33, switched[packet][-1])])
        assert worst_db(out[packet] - np.convolve(at_tag * held, backward[packet])) < -100


def test_a_reflection_of_6_db() -> None:
    """Rule 22: the coefficient 10^(-6/20) of a tag in free space is 6 dB less power, nothing when it absorbs."""
    on = np.repeat(np.array([1, 0, 1, 0]), 50) * 10 ** (-6 / 20)
    out = reflection(tone(0.0, 200), on.astype(np.complex64), ONE, ONE)
    assert 10 * np.log10(np.mean(np.abs(out[:50]) ** 2)) == pytest.approx(-6, abs=1e-4)
    assert not out[50:100].any() and not out[150:].any()


def test_a_fading_reply_has_the_power_of_its_ways() -> None:
    """Through TGn B and back, in the middle of a steady reply: the distribution is that of the flat product."""
    forward, backward = two_way_taps("B", FS, np.random.default_rng(4), 2000)
    reply = reflection(np.ones(120, np.complex64), ONE, forward, backward)[:, 60 + LEAD_SAMPLES]
    assert stats.kstest(np.abs(reply) ** 2, independent).pvalue > 1e-3


def test_one_tag_in_many_airs_and_a_seed_again() -> None:
    first, again, other = (
        reflection(np.ones(50, np.complex64), ONE, *two_way_taps("B", FS, np.random.default_rng(seed), (2, 3)))
        for seed in (5, 5, 6)
    )
    assert first.shape[:2] == (2, 3)
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_wrong_calls_are_refused() -> None:
    with pytest.raises(ValueError, match="no TGn channel model"):
        two_way_taps("X", FS, np.random.default_rng(7))
    with pytest.raises(ValueError, match="coefficient"):
        reflection(ONE, np.zeros(0, np.complex64), ONE, ONE)
    with pytest.raises(ValueError):
        reflection(np.ones((2, 8), np.complex64), np.ones((3, 8), np.complex64), ONE, ONE)
