"""Sample-clock offset, against tones and against a resampler over the spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal as processing

from ampradio.channel.clock import sample_clock_offset
from tests.channel.tones import tone, worst_db

EDGE = 30
N = 20_000


@pytest.mark.parametrize("frequency", [0.0, 0.05, -0.2, 0.4, -0.4])
@pytest.mark.parametrize("ppm", [10_000.0, -10_000.0, 37.0, -100_000.0])
def test_a_tone_is_stretched(frequency: float, ppm: float) -> None:
    """Issue item 6: better than -60 dB in 80 % of the band, at every sample of a PPDU longer than 1 ms."""
    out = sample_clock_offset(tone(frequency, N), ppm)
    expected = tone(frequency, np.arange(out.size) / (1 + ppm * 1e-6))
    assert worst_db((out - expected)[EDGE:-EDGE]) < -60


@pytest.mark.parametrize("ppm", [10_000.0, -10_000.0])
def test_wideband_against_the_spectrum(ppm: float) -> None:
    """A periodic band-limited noise, resampled by 101/100 and 99/100 through its spectrum (scipy)."""
    rng = np.random.default_rng(1)
    spectrum = np.fft.fft(rng.normal(size=N) + 1j * rng.normal(size=N))
    spectrum[np.abs(np.fft.fftfreq(N)) > 0.4] = 0
    wideband = np.fft.ifft(spectrum).astype(np.complex64)
    out = sample_clock_offset(wideband, ppm)
    expected = processing.resample(wideband.astype(np.complex128), out.size)
    error = (out - expected)[EDGE:-EDGE]
    assert 10 * np.log10(np.mean(np.abs(error) ** 2) / np.mean(np.abs(wideband) ** 2)) < -70


def test_a_fast_clock_takes_more_samples() -> None:
    signal = np.ones(1000, np.complex64)
    lengths = [sample_clock_offset(signal, ppm).size for ppm in (10_000.0, -10_000.0, 100.0, 0.0)]
    assert lengths == [1010, 990, 1001, 1000]


def test_no_offset_changes_nothing() -> None:
    rng = np.random.default_rng(2)
    signal = processing.lfilter(np.ones(4) / 4, 1, rng.normal(size=2000)).astype(np.complex64)
    assert worst_db(sample_clock_offset(signal, 0.0) - signal) < -60


def test_there_and_back() -> None:
    """A receiver fast by p, read by one slow by as much, is where it began."""
    original = tone(0.13, N)
    back = sample_clock_offset(sample_clock_offset(original, 5_000.0), (1 / 1.005 - 1) * 1e6)
    assert worst_db((back[:N] - original)[EDGE : -2 * EDGE]) < -60


def test_each_packet_its_clock() -> None:
    rng = np.random.default_rng(3)
    signal = (rng.normal(size=(2, 2, 500)) + 1j * rng.normal(size=(2, 2, 500))).astype(np.complex64)
    ppm = np.array([[100_000.0, -10_000.0], [0.0, 250.0]])
    together = sample_clock_offset(signal, ppm)
    assert together.shape == (2, 2, 550) and together.dtype == np.complex64
    for packet in np.ndindex(2, 2):
        alone = sample_clock_offset(signal[packet], ppm[packet])
        assert np.array_equal(together[packet][: alone.size], alone)
    assert worst_db(together[0, 1, 495 + 12 :]) < -200, "zero where a slow clock has no more signal"


def test_the_signal_fades_to_zero_at_its_ends() -> None:
    """A silence before and after a burst stays silence."""
    burst = np.zeros(3000, np.complex64)
    burst[1000:2000] = 1
    out = sample_clock_offset(burst, 10_000.0)
    assert worst_db(out[: 1010 - 20]) < -100 and worst_db(out[2020 + 20 :]) < -100
    assert np.allclose(np.abs(out[1050:1980]), 1, atol=2e-3)


@pytest.mark.parametrize("wrong", [float("nan"), -1e6, np.zeros(3)])
def test_a_wrong_clock_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="ppm"):
        sample_clock_offset(np.ones((2, 10), np.complex64), wrong)
