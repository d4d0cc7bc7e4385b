"""Delay: whole samples to the bit, fractions against a tone whose values are known everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from ampradio.channel.delay import delay
from tests.channel.tones import tone, worst_db

FS = 20e6
EDGE = 30


@pytest.fixture
def signal() -> np.ndarray:
    rng = np.random.default_rng(1)
    return (rng.normal(size=(3, 200)) + 1j * rng.normal(size=(3, 200))).astype(np.complex64)


@pytest.mark.parametrize("samples", [0, 1, 7, 123])
def test_whole_samples_are_a_shift(signal: np.ndarray, samples: int) -> None:
    out = delay(signal, samples / FS, FS)
    assert out.shape == (3, 200 + samples) and not out[:, :samples].any()
    assert np.array_equal(out[:, samples:], signal)


def test_whole_samples_per_packet(signal: np.ndarray) -> None:
    out = delay(signal, np.array([3.0, 0.0, 10.0]) / FS, FS)
    assert out.shape == (3, 210)
    for packet, samples in enumerate((3, 0, 10)):
        assert np.array_equal(out[packet, samples : samples + 200], signal[packet])
        assert not out[packet, :samples].any() and not out[packet, samples + 200 :].any()


@pytest.mark.parametrize("frequency", [0.0, 0.01, -0.2, 0.4, -0.4])
@pytest.mark.parametrize("samples", [0.5, 0.01, 5.3, 40.99])
def test_fractions_are_band_limited(frequency: float, samples: float) -> None:
    """Better than -60 dB in 80 % of the band."""
    out = delay(tone(frequency, 400), samples / FS, FS)
    expected = tone(frequency, np.arange(out.size) - samples)
    inside = slice(int(samples) + EDGE, 400 - EDGE)
    assert worst_db(out[inside] - expected[inside]) < -60


def test_two_halves_make_a_whole() -> None:
    """Nothing of a pulse in the middle of silence is lost: energy and position stay."""
    at = np.arange(200)
    pulse = np.exp(-(((at - 100) / 4.0) ** 2)).astype(np.complex64)
    out = delay(delay(pulse, 0.5 / FS, FS), 2.5 / FS, FS)
    assert worst_db(out[3:203] - pulse) < -65
    assert worst_db(out[203:]) < -65


def test_fractions_per_packet_are_those_of_one_packet(signal: np.ndarray) -> None:
    delays = np.array([0.25, 3.0, 7.5]) / FS
    together = delay(signal, delays, FS)
    for packet in range(3):
        alone = delay(signal[packet], delays[packet], FS)
        assert np.allclose(together[packet, : alone.size], alone, atol=1e-6)
        assert not together[packet, alone.size :].any()
    assert np.array_equal(together[1, 3:203], signal[1])


@pytest.mark.parametrize("wrong", [-1e-9, float("nan"), np.zeros(2)])
def test_a_wrong_delay_is_refused(signal: np.ndarray, wrong: float) -> None:
    with pytest.raises(ValueError, match="delay_s"):
        delay(signal, wrong, FS)
