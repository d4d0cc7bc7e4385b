"""TGn channel models B and D: their tables, and that drawn responses have the statistics of the tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ampradio.channel.multipath import LEAD_SAMPLES, delay_profile, multipath, multipath_taps, rms_delay_spread_s

FS = 20e6
DRAWS = 20_000

# ETSI EP BRAN 3ERI085B, HIPERLAN/2 channel model A, in dB: TGn made model D by cutting it into clusters.
HIPERLAN2_A_DB = [0, -0.9, -1.7, -2.6, -3.5, -4.3, -5.2, -6.1, -6.9]
HIPERLAN2_A_DB += [-7.8, -4.7, -7.3, -9.9, -12.5, -13.7, -18.0, -22.4, -26.7]


def response(taps: np.ndarray, frequency_hz: float, fs: float) -> np.ndarray:
    """Return the frequency response (packets,) at ``frequency_hz``, the first path at time zero."""
    position = np.arange(taps.shape[-1]) - LEAD_SAMPLES
    return taps.astype(np.complex128) @ np.exp(-2j * np.pi * frequency_hz / fs * position)


@pytest.fixture(scope="module", params=["B", "D"])
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def taps(model: str) -> np.ndarray:
    return multipath_taps(model, FS, np.random.default_rng(1), DRAWS)


@pytest.mark.parametrize(("name", "nominal_ns"), [("B", 15.0), ("D", 50.0)])
def test_rms_delay_spread(name: str, nominal_ns: float) -> None:
    """IEEE 802.11-03/940r4: 15 ns and 50 ns; the tables, rounded to 10 ns and 0.1 dB, come within 1 ns of it."""
    assert rms_delay_spread_s(name) * 1e9 == pytest.approx(nominal_ns, abs=1.0)


def test_clusters_of_model_d_add_up_to_the_profile_they_were_cut_from() -> None:
    profile = delay_profile("D")
    levels_db = 10 * np.log10(profile.powers() / profile.powers()[0])
    assert levels_db == pytest.approx(HIPERLAN2_A_DB, abs=0.11)
    assert profile.delays_ns[-1] == 390 and len(profile.delays_ns) == 18


def test_model_b_is_two_clusters_80_ns_long() -> None:
    """Second cluster 3.2 dB down at 20 ns, decaying 3.1 dB a tap; the first 5.4 dB a tap (802.11-03/940r4)."""
    profile = delay_profile("B")
    powers = profile.powers() / profile.powers()[0]
    assert profile.delays_ns == tuple(range(0, 90, 10))
    assert powers[2] == pytest.approx(10**-1.08 + 10**-0.32)
    assert np.diff(10 * np.log10(powers[5:])) == pytest.approx([-3.1] * 3, abs=1e-9)


@pytest.mark.parametrize("frequency_hz", [0.0, 4e6, -8e6])
def test_mean_power_is_one(taps: np.ndarray, frequency_hz: float) -> None:
    """At every frequency of the band; powers are exponential, so their sum is chi-square with 2 DRAWS degrees."""
    mean = float(np.mean(np.abs(response(taps, frequency_hz, FS)) ** 2))
    low, high = stats.chi2.ppf([5e-7, 1 - 5e-7], 2 * DRAWS) / (2 * DRAWS)
    assert low < mean < high


@pytest.mark.parametrize("fs", [4e6, 20e6, 40e6])
def test_mean_power_at_every_rate(model: str, fs: float) -> None:
    drawn = multipath_taps(model, fs, np.random.default_rng(2), DRAWS)
    low, high = stats.chi2.ppf([5e-7, 1 - 5e-7], 2 * DRAWS) / (2 * DRAWS)
    assert low < float(np.mean(np.abs(response(drawn, 0.2 * fs, fs)) ** 2)) < high


def test_fading_is_rayleigh(taps: np.ndarray) -> None:
    """Power exponential, phase uniform (Kolmogorov-Smirnov)."""
    for frequency_hz in (0.0, 5e6):
        drawn = response(taps, frequency_hz, FS)
        assert stats.kstest(np.abs(drawn) ** 2, "expon").pvalue > 1e-3
        assert stats.kstest(np.angle(drawn), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-3


def test_deep_fades_are_as_frequent_as_rayleigh_says(taps: np.ndarray) -> None:
    """10 dB under the mean in 9.5 % of the draws, 20 dB in 1 %; Wilson interval at 1e-6."""
    power = np.abs(response(taps, 0.0, FS)) ** 2
    for level in (0.1, 0.01):
        count = int(np.sum(power < level))
        interval = stats.binomtest(count, DRAWS).proportion_ci(1 - 1e-6, method="wilson")
        assert interval.low < 1 - np.exp(-level) < interval.high


@pytest.mark.parametrize("apart_hz", [1e6, 4e6, 8e6, 15e6])
def test_frequency_correlation_is_the_transform_of_the_delay_profile(
    model: str, taps: np.ndarray, apart_hz: float
) -> None:
    """What multipath does to a signal of that width; a profile rounded to samples would not pass."""
    low, high = (response(taps, frequency_hz, FS) for frequency_hz in (-apart_hz / 2, apart_hz / 2))
    profile = delay_profile(model)
    expected = profile.powers() @ np.exp(2j * np.pi * apart_hz * profile.delays_s())
    assert abs(np.mean(low * high.conj()) - expected) < 5 / np.sqrt(DRAWS)


def test_draws_are_independent(taps: np.ndarray) -> None:
    drawn = response(taps, 0.0, FS)
    assert abs(np.mean(drawn[1:] * drawn[:-1].conj())) < 5 / np.sqrt(DRAWS)
    assert abs(np.mean(drawn**2)) < 5 / np.sqrt(DRAWS) * np.sqrt(2), "circular"


def test_a_seed_makes_the_same_air_again(model: str) -> None:
    first, again, other = (multipath_taps(model, FS, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.allclose(first, other)
    assert first.ndim == 1 and first.dtype == np.complex64
    assert np.allclose(multipath_taps(model, FS, np.random.default_rng(3), 5)[0], first, atol=1e-6)
    assert multipath_taps(model, FS, np.random.default_rng(3), (2, 5)).shape == (2, 5, first.size)


def test_a_single_sample_comes_out_as_the_taps() -> None:
    taps = multipath_taps("D", FS, np.random.default_rng(5), 2)
    impulse = np.zeros((2, 10), np.complex64)
    impulse[:, 3] = 1
    out = multipath(impulse, taps)
    assert out.shape == (2, 10 + taps.shape[1] - 1)
    assert np.array_equal(out[:, 3 : 3 + taps.shape[1]], taps)


def test_multipath_is_a_convolution() -> None:
    rng = np.random.default_rng(6)
    signal = (rng.normal(size=(3, 50)) + 1j * rng.normal(size=(3, 50))).astype(np.complex64)
    taps = (rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))).astype(np.complex64)
    for given, each_its_own in ((taps, taps), (taps[0], [taps[0]] * 3)):
        expected = [np.convolve(row, response) for row, response in zip(signal, each_its_own, strict=True)]
        got = multipath(signal, given)
        assert got.shape == (3, 53) and np.allclose(got, expected, atol=1e-5)


def test_wrong_calls_are_refused() -> None:
    rng = np.random.default_rng(7)
    with pytest.raises(ValueError, match=r"no TGn channel model 'X'; there are B, D"):
        multipath_taps("X", FS, rng)
    with pytest.raises(ValueError, match="no TGn channel model"):
        rms_delay_spread_s("A")
    with pytest.raises(ValueError, match="sample_rate_sps"):
        multipath_taps("B", 0.0, rng)
    with pytest.raises(ValueError, match="at least one tap"):
        multipath(np.ones(4, np.complex64), np.ones(0, np.complex64))
    with pytest.raises(ValueError, match="shape"):
        multipath(np.ones((2, 4), np.complex64), np.ones((3, 1), np.complex64))
