"""Wi-Fi bursts: a preamble that a Wi-Fi receiver knows, a body like noise in 16.6 MHz, and when they come."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from ampradio.channel.wifi_interference import WifiTraffic, burst, legacy_preamble, wifi_interference
from ampradio.phy.legacy_preamble import l_ltf, l_stf
from ampradio.profile import load_profile
from tests.phy import wifi_decoder

FS = 20e6
SHORT = WifiTraffic(0.3, 6, 40)  # 40 to 176 us
MEAN_S = (16 + 4 * 23) * 1e-6


@pytest.mark.parametrize("rate_sps", [20_000_000, 40_000_000])
def test_the_preamble_is_that_of_802_11(rate_sps: int) -> None:
    """17.3.3, as the transmitter of the PHY makes it from another table, each field of unit mean power."""
    profile = load_profile().preamble
    expected = []
    for field in (l_stf(profile), l_ltf(profile)):
        wave = field.waveform(312_500, rate_sps)
        expected.append(wave / np.sqrt(np.mean(np.abs(wave) ** 2)))
    assert np.allclose(legacy_preamble(rate_sps), np.concatenate(expected), atol=1e-5)


def test_a_wifi_receiver_finds_a_burst() -> None:
    """The decoder written for the tests finds where it starts, from the L-STF and L-LTF alone."""
    rng = np.random.default_rng(1)
    wave = np.concatenate([np.zeros(555), burst(10, FS, rng), np.zeros(100)])
    wave = wave + 0.02 * (rng.normal(size=wave.size) + 1j * rng.normal(size=wave.size))
    start = wifi_decoder.find_start(wave)
    assert start == 555
    assert abs(wifi_decoder.carrier_offset(wave, start)) < 2e3


@pytest.mark.parametrize("rate_sps", [20e6, 40e6])
def test_the_body_is_like_noise_in_its_band(rate_sps: float) -> None:
    """Unit power; both branches Gaussian to the fourth moment; 99.9 % within 52 carriers and their lobes."""
    wave = burst(2000, rate_sps, np.random.default_rng(2)).astype(np.complex128)
    times = int(rate_sps / 20e6)
    assert wave.size == (320 + 80 * 2000) * times
    body = wave[320 * times :]
    assert np.mean(np.abs(body) ** 2) == pytest.approx(1, rel=0.005)
    for branch in (body.real, body.imag):
        assert stats.skew(branch) == pytest.approx(0, abs=0.03)
        assert stats.kurtosis(branch) == pytest.approx(0, abs=0.08)
    frequency, density = signal.welch(body, rate_sps, nperseg=1024, return_onesided=False, detrend=False)
    share = density / density.sum()
    assert share[np.abs(frequency) < 8.3e6].sum() > 0.97
    assert share[(np.abs(frequency) > 1e6) & (np.abs(frequency) < 7.5e6)].sum() == pytest.approx(13 / 16.25, abs=0.02)


def test_every_symbol_has_its_prefix_and_its_carriers() -> None:
    """17.3.5.10: the last 0.8 us first; QPSK on 52 carriers, nothing at the centre."""
    wave = burst(50, FS, np.random.default_rng(3))[320:].reshape(50, 80)
    assert np.allclose(wave[:, :16], wave[:, 64:], atol=1e-5)
    carriers = np.fft.fftshift(np.fft.fft(wave[:, 16:], axis=1), axes=1) * np.sqrt(52) / 64
    used = np.r_[6:32, 33:59]
    assert np.allclose(np.abs(carriers[:, used]), 1, atol=1e-4)
    assert np.abs(np.delete(carriers, used, axis=1)).max() < 1e-4
    assert np.ptp(np.angle(carriers[:, used] ** 4 * np.conj(carriers[0, 6] ** 4))) < 1e-3, "one phase for the burst"


@pytest.fixture(scope="module")
def air() -> np.ndarray:
    return wifi_interference(SHORT, 6.0, 20_000, FS, np.random.default_rng(4), (600,))


def busy(air: np.ndarray) -> np.ndarray:
    """Return where bursts are, a sample or two of exact zero in between included (signs that cancel)."""
    on = np.abs(air) > 0
    left = on | np.roll(on, 1, axis=-1) | np.roll(on, 2, axis=-1)
    right = on | np.roll(on, -1, axis=-1) | np.roll(on, -2, axis=-1)
    return on | (left & right)


def test_duty_cycle_from_the_first_sample_to_the_last(air: np.ndarray) -> None:
    """In full swing at sample 0: the share of packets in a burst is binomial at any sample."""
    for sample in (0, 1, 400, 3000, 19_999):
        count = int(busy(air)[:, sample].sum())
        interval = stats.binomtest(count, 600).proportion_ci(1 - 1e-6, method="wilson")
        assert interval.low < 0.3 < interval.high
    assert busy(air).mean() == pytest.approx(0.3, abs=0.03)


def test_power_of_a_burst_and_of_all(air: np.ndarray) -> None:
    power = np.abs(air.astype(np.complex128)) ** 2
    assert 10 * np.log10(power[busy(air)].mean()) == pytest.approx(6, abs=0.05)
    assert power.mean() == pytest.approx(0.3 * 10**0.6, rel=0.1)


def test_bursts_come_without_memory() -> None:
    """Pauses exponential, their mean that which makes the duty cycle; lengths even (Kolmogorov-Smirnov)."""
    traffic = WifiTraffic(0.5, 6, 40)
    run = wifi_interference(traffic, 0.0, 4_000_000, FS, np.random.default_rng(5))
    edge = np.flatnonzero(np.diff(busy(run).astype(np.int8)))
    rising = busy(run)[edge + 1]
    durations = np.diff(edge)
    pauses, lengths = durations[~rising[:-1]][1:] / FS, durations[rising[:-1]]
    assert len(pauses) > 500
    assert stats.kstest(pauses, "expon", args=(0, MEAN_S)).pvalue > 1e-3
    symbols = (lengths - 320) / 80
    single = symbols[symbols <= 40]
    assert single.size > symbols.size - 8, "two may touch, seldom"
    assert np.array_equal(single, np.rint(single)) and single.min() >= 6
    assert stats.chisquare(np.bincount(single.astype(int) - 6, minlength=35)).pvalue > 1e-3


def test_whoever_looks_meets_long_bursts() -> None:
    """What is left of the burst at sample 0 has the mean E[L^2] / 2 E[L]: the inspection paradox."""
    air = wifi_interference(WifiTraffic(0.5, 0, 40), 0.0, 4000, FS, np.random.default_rng(6), (1500,))
    inside = busy(air)[busy(air)[:, 0]]
    left = np.argmin(inside, axis=1)
    lengths = 320 + 80 * np.arange(41)
    expected = np.mean(lengths**2) / (2 * np.mean(lengths))
    assert left.mean() == pytest.approx(expected, abs=5 * left.std() / np.sqrt(left.size))


def test_each_packet_its_power_and_its_bursts() -> None:
    levels = np.array([[-20.0, 0.0], [10.0, 30.0]])
    air = wifi_interference(WifiTraffic(0.95, 100, 200), levels, 4000, 40e6, np.random.default_rng(7), (2, 2))
    assert air.shape == (2, 2, 4000) and air.dtype == np.complex64
    for packet in np.ndindex(2, 2):
        power = np.abs(air[packet]) ** 2
        assert 10 * np.log10(power[power > 0].mean()) == pytest.approx(levels[packet], abs=0.5)
    assert abs(np.vdot(air[0, 0], air[0, 1])) < 0.2 * np.linalg.norm(air[0, 0]) * np.linalg.norm(air[0, 1])


def test_a_seed_makes_the_same_traffic_again() -> None:
    first, again, other = (wifi_interference(SHORT, 0.0, 20_000, FS, np.random.default_rng(seed)) for seed in (8, 8, 9))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert not wifi_interference(WifiTraffic(0.0), 0.0, 20_000, FS, np.random.default_rng(8)).any()


def test_wrong_calls_are_refused() -> None:
    rng = np.random.default_rng(10)
    for duty_cycle in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="duty_cycle"):
            WifiTraffic(duty_cycle)
    with pytest.raises(ValueError, match="symbols"):
        WifiTraffic(0.1, 20, 10)
    for rate_sps in (10e6, 30e6, 0.0, float("nan")):
        with pytest.raises(ValueError, match="sample_rate_sps"):
            wifi_interference(SHORT, 0.0, 100, rate_sps, rng)
    with pytest.raises(ValueError, match="power_db"):
        wifi_interference(SHORT, np.zeros(3), 100, FS, rng, (2,))
    with pytest.raises(ValueError, match="symbols"):
        burst(-1, FS, rng)
    with pytest.raises(ValueError, match="samples"):
        wifi_interference(SHORT, 0.0, -1, FS, rng)
