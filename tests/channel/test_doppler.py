"""Doppler: the bell-shaped spectrum of TGn, its autocorrelation, and taps that move while a signal passes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, signal, stats

from ampradio.channel.doppler import FadingTaps, doppler_spread_hz, fading_multipath, fading_taps
from ampradio.channel.multipath import LEAD_SAMPLES, delay_profile, multipath
from tests.channel.tones import worst_db

FS = 20e6
FD = 2000.0  # hertz; faster than people walk, so that a test is short. Only f_d times the time counts.


def bell(x: float) -> float:
    """802.11-03/940r4: the spectrum over f / f_d, A = 9, cut at 5 f_d."""
    return 1 / (1 + 9 * x * x)


AREA = integrate.quad(bell, -5, 5)[0]


def autocorrelation(cycles: float) -> float:
    """The Fourier transform of the spectrum, by quadrature."""
    return float(integrate.quad(lambda x: bell(x) * np.cos(2 * np.pi * x * cycles), -5, 5, limit=200)[0] / AREA)


def flat(fading: FadingTaps) -> np.ndarray:
    """Return the gain (..., points) at the carrier: the sum of the taps, Rayleigh of power one."""
    return fading.taps.astype(np.complex128).sum(axis=-1)


@pytest.fixture(scope="module")
def drawn() -> FadingTaps:
    return fading_taps("B", FS, FD, 10_001, np.random.default_rng(1), 1000)


def test_people_walk_at_a_kilometre_an_hour() -> None:
    """1.2 km/h: 6 Hz at 5.25 GHz and 3 Hz at 2.4 GHz, says 802.11-03/940r4, rounding up."""
    assert doppler_spread_hz(5.25e9) == pytest.approx(5.84, abs=0.01)
    assert doppler_spread_hz(2.437e9) == pytest.approx(2.71, abs=0.01)
    assert doppler_spread_hz(2.437e9, speed_mps=0.0) == 0


def test_the_grid_is_fine_enough_and_covers_the_signal(drawn: FadingTaps) -> None:
    assert drawn.step_samples == int(FS / FD / 256)
    assert (drawn.taps.shape[1] - 1) * drawn.step_samples >= 10_000


@pytest.mark.parametrize("cycles", [0.02, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_autocorrelation_is_the_transform_of_the_bell(drawn: FadingTaps, cycles: float) -> None:
    """Issue 3 item 4: over draws, within 5 standard deviations."""
    gain = flat(drawn)
    later = round(cycles * FS / FD / drawn.step_samples)
    exact = later * drawn.step_samples * FD / FS
    measured = np.mean(gain[:, later] * gain[:, 0].conj())
    assert abs(measured - autocorrelation(exact)) < 5 / np.sqrt(len(gain))


def test_how_fast_it_moves(drawn: FadingTaps) -> None:
    """The mean square of one step is 2 (1 - R): the second moment of the cut bell, f_d^2 * 0.997, not infinite."""
    gain = flat(drawn)
    step = drawn.step_samples * FD / FS
    measured = np.mean(np.abs(gain[:, 1] - gain[:, 0]) ** 2)
    assert measured == pytest.approx(2 * (1 - autocorrelation(step)), rel=0.25)
    assert measured == pytest.approx((2 * np.pi * step) ** 2 * 0.997, rel=0.25)


def test_rayleigh_at_every_instant(drawn: FadingTaps) -> None:
    gain = flat(drawn)
    for point in (0, 77, -1):
        assert stats.kstest(np.abs(gain[:, point]) ** 2, "expon").pvalue > 1e-3


@pytest.mark.parametrize("model", ["B", "D"])
def test_the_delay_profile_stays(model: str) -> None:
    """At 100 MS/s every path of the model is a tap of its own: its mean power is the table's."""
    taps = fading_taps(model, 100e6, 1e4, 1000, np.random.default_rng(2), 1000).taps[:, -1]
    profile = delay_profile(model)
    power = np.mean(np.abs(taps.astype(np.complex128)) ** 2, axis=0)
    paths = power[LEAD_SAMPLES + np.array(profile.delays_ns) // 10]
    assert paths == pytest.approx(profile.powers(), rel=5 / np.sqrt(1000))


def test_the_spectrum_over_one_long_run() -> None:
    """One realisation of 200 / f_d, by Welch's method: the bell from the centre to 3 f_d, and nothing past 5 f_d."""
    fading = fading_taps("B", 1e5, 100.0, 200 * 1000, np.random.default_rng(3))
    rate = 1e5 / fading.step_samples / 100.0
    frequency, density = signal.welch(
        flat(fading), rate, nperseg=8192, noverlap=4096, return_onesided=False, detrend=False, window="blackmanharris"
    )
    assert np.mean(np.abs(flat(fading)) ** 2) == pytest.approx(1, abs=5 * np.sqrt(0.48 / 200 + 1 / 832))
    for low, high in ((-0.25, 0.25), (0.25, 0.6), (-1, -0.6), (1, 3)):
        inside = (frequency >= low) & (frequency < high)
        expected = integrate.quad(bell, low, high)[0] / AREA
        assert density[inside].sum() * (frequency[1] - frequency[0]) == pytest.approx(expected, rel=0.3)
    assert density[np.abs(frequency) > 5.2].max() < 1e-4 * density.max()


def test_without_doppler_it_is_multipath() -> None:
    rng = np.random.default_rng(4)
    samples = (rng.normal(size=(3, 500)) + 1j * rng.normal(size=(3, 500))).astype(np.complex64)
    fading = fading_taps("D", FS, 0.0, 500, np.random.default_rng(5), 3)
    assert fading.taps.shape[1] == 1
    assert np.array_equal(fading_multipath(samples, fading), multipath(samples, fading.taps[:, 0]))


@pytest.mark.parametrize("size", [1, 99, 100, 101, 250, 1000])
def test_a_tap_that_moves(size: int) -> None:
    """Against the sum written out: y[n] = sum over k of h_k(n - k) x[n - k], linear between points."""
    rng = np.random.default_rng(6)
    taps = (rng.normal(size=(2, 4, 3)) + 1j * rng.normal(size=(2, 4, 3))).astype(np.complex64)
    samples = (rng.normal(size=(2, size)) + 1j * rng.normal(size=(2, size))).astype(np.complex64)
    expected = np.zeros((2, size + 2), np.complex128)
    for packet in (0, 1):
        for k in range(3):
            tap = taps[packet, :, k]
            at = np.interp(np.arange(size), np.arange(4) * 100, tap.real) + 1j * np.interp(
                np.arange(size), np.arange(4) * 100, tap.imag
            )
            expected[packet, k : k + size] += at * samples[packet]
    assert worst_db(fading_multipath(samples, FadingTaps(taps, 100)) - expected) < -110


def test_one_signal_through_many_airs() -> None:
    fading = fading_taps("B", FS, FD, 300, np.random.default_rng(7), (2, 3))
    out = fading_multipath(np.ones(300, np.complex64), fading)
    assert out.shape == (2, 3, 300 + fading.taps.shape[-1] - 1) and out.dtype == np.complex64
    assert np.allclose(out[..., 20], flat(fading)[..., 0], atol=0.05)


def test_a_seed_makes_the_same_air_again() -> None:
    first, again, other = (fading_taps("D", FS, FD, 100, np.random.default_rng(seed)).taps for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_wrong_calls_are_refused() -> None:
    rng = np.random.default_rng(8)
    with pytest.raises(ValueError, match="no TGn channel model"):
        fading_taps("X", FS, 1.0, 10, rng)
    with pytest.raises(ValueError, match="sample_rate_sps"):
        fading_taps("B", 0.0, 1.0, 10, rng)
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="doppler_hz"):
            fading_taps("B", FS, wrong, 10, rng)
    with pytest.raises(ValueError, match="carrier_hz"):
        doppler_spread_hz(0.0)
