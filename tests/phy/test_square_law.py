"""Power of complex samples: sums exactly, interpolation as the band-limited signal has it."""

from __future__ import annotations

import numpy as np
import pytest

from ampradio.phy.square_law import square_law


def test_sums_over_samples() -> None:
    """Two rows, sums of three; what does not fill a sum is left out."""
    samples = np.array([[1, 1j, 2, 3, 0, 0, 5], [0, 0, 0, 1 + 1j, 1, 1, 9]], np.complex64)
    np.testing.assert_array_equal(square_law(samples, decimation=3), [[6, 9], [0, 4]])


def test_between_samples_lies_the_band_limited_signal() -> None:
    """Tones inside 80 % of the band, twice and four times as many samples: |their sum|² to within −50 dB."""
    rng = np.random.default_rng(1)
    cycles = rng.uniform(-0.4, 0.4, 6)
    amplitude = rng.standard_normal(6) + 1j * rng.standard_normal(6)
    for times in (2, 4):
        fine = amplitude @ np.exp(2j * np.pi * np.outer(cycles, np.arange(400 * times) / times))
        got = square_law(fine[np.newaxis, ::times].astype(np.complex64), interpolation=times)[0]
        inside = slice(40 * times, -40 * times)
        error = got[inside] - np.abs(fine[inside]) ** 2
        assert np.sqrt(np.mean(error**2)) < 0.01 * np.mean(np.abs(fine) ** 2)


def test_noise_keeps_its_power() -> None:
    """White noise, interpolated: the mean power per sample less what the filter takes at the edge of the band."""
    rng = np.random.default_rng(2)
    noise = (rng.standard_normal((4, 10_000)) + 1j * rng.standard_normal((4, 10_000))).astype(np.complex64)
    assert square_law(noise, interpolation=2).mean() == pytest.approx(2.0 * 0.96, rel=0.02)


@pytest.mark.parametrize("factors", [{"decimation": 0}, {"interpolation": 0}])
def test_what_is_refused(factors: dict[str, int]) -> None:
    """ValueError with the reason."""
    with pytest.raises(ValueError, match="at least 1"):
        square_law(np.zeros((1, 4), np.complex64), **factors)
    with pytest.raises(ValueError, match="packets, n"):
        square_law(np.zeros(4, np.complex64))
