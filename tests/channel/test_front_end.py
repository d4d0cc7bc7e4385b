"""The receiver's analogue part: DC offset, IQ imbalance, gain steps, and the converter behind it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ampradio.channel.agc import agc_steps
from ampradio.channel.front_end import dc_offset, image_rejection_db, iq_imbalance
from ampradio.channel.quantisation import clipped_share, quantise
from tests.channel.tones import tone, worst_db

N = 4096


def line_db(samples: np.ndarray, frequency: float) -> float:
    """Return the power in dB of the tone of ``frequency``, a multiple of 1 / N."""
    return float(20 * np.log10(abs(np.vdot(tone(frequency, N).astype(np.complex128), samples)) / N))


def gaussian(shape: int | tuple[int, ...], seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)).astype(np.complex64)


def test_dc_offset_is_a_line_at_the_carrier() -> None:
    out = dc_offset(tone(512 / N, N), 0.1j)
    assert line_db(out, 0.0) == pytest.approx(-20, abs=1e-3)
    assert line_db(out, 512 / N) == pytest.approx(0, abs=1e-3)
    assert np.angle(out.mean()) == pytest.approx(np.pi / 2, abs=1e-3) and out.dtype == np.complex64


@pytest.mark.parametrize(("gain_db", "phase_deg", "rejection_db"), [
    (0.0, 5.0, 27.199),   # 20 log10 cot 2.5 degrees
    (1.0, 0.0, 24.813),   # 20 log10 (1.12202 + 1) / (1.12202 - 1)
    (0.5, 3.0, 28.200),   # g = 1.059254, 2 g cos p = 2.115605: 10 log10 4.237623 / 0.006413
    (-0.5, -3.0, 28.200),
])  # fmt: skip
def test_image_rejection(gain_db: float, phase_deg: float, rejection_db: float) -> None:
    """The formula by hand, and a tone with its image through the mixer."""
    assert image_rejection_db(gain_db, phase_deg) == pytest.approx(rejection_db, abs=0.01)
    out = iq_imbalance(tone(512 / N, N), gain_db, phase_deg)
    assert line_db(out, 512 / N) - line_db(out, -512 / N) == pytest.approx(rejection_db, abs=0.01)


def test_branches_of_the_mixer() -> None:
    """A sine against a cosine 4 degrees early, by trigonometry: cos(a) stays, sin(a) becomes g sin(a - 4 degrees)."""
    at = 2 * np.pi * 0.01 * np.arange(500)
    out = iq_imbalance(tone(0.01, 500), 2.0, 4.0)
    assert np.allclose(out.real, np.cos(at), atol=1e-5)
    assert np.allclose(out.imag, 10**0.1 * np.sin(at - np.deg2rad(4)), atol=1e-5)
    assert np.array_equal(iq_imbalance(out, 0.0, 0.0), out) and image_rejection_db(0.0, 0.0) == np.inf


@pytest.mark.parametrize("bits", [6, 8, 10, 12])
def test_a_full_tone_over_quantisation_noise(bits: int) -> None:
    """6.02 bits + 1.76 dB; one step less than full scale at the upper end, so a little under it."""
    full = 2.5 * (1 - 2.0 ** (1 - bits))
    signal = full * tone(0.1237 + np.sqrt(2) / 100, 50_000)
    error = quantise(signal, bits, 2.5) - signal
    ratio_db = 10 * np.log10(np.mean(np.abs(signal) ** 2) / np.mean(np.abs(error) ** 2))
    assert ratio_db == pytest.approx(6.02 * bits + 1.76 + 20 * np.log10(full / 2.5), abs=0.2)


def test_levels_of_a_converter() -> None:
    """Three bits of full scale 4: steps of one from -4 to 3, nearest, the same in both branches."""
    values = np.array([-9, -4.4, -3.6, -0.6, -0.4, 0.4, 0.6, 2.6, 3.4, 99], np.float32)
    expected = [-4, -4, -4, -1, 0, 0, 1, 3, 3, 3]
    assert quantise(values.astype(np.complex64), 3, 4.0).real.tolist() == expected
    assert quantise((1j * values).astype(np.complex64), 3, 4.0).imag.tolist() == expected
    assert clipped_share(values.astype(np.complex64), 3, 4.0) == 2 / 20


def test_clipping_of_noise() -> None:
    """Gaussian branches of variance 1/2 beyond one sigma: 31.7 %; clipped ones stand at full scale."""
    noise = gaussian(200_000)
    scale = np.sqrt(0.5)
    out = quantise(noise, 12, scale)
    assert np.abs(out.real).max() <= scale * (1 + 1e-6) and np.abs(out.imag).max() <= scale * (1 + 1e-6)
    share = clipped_share(noise, 12, scale)
    count = round(share * 400_000)
    interval = stats.binomtest(count, 400_000).proportion_ci(1 - 1e-6, method="wilson")
    assert interval.low < 2 * stats.norm.sf(1 - 2.0**-12) < interval.high
    at_the_end = np.isclose(np.abs(out.real), scale, rtol=1e-3).mean()
    assert at_the_end == pytest.approx(share, abs=0.005)


def test_gain_steps_add_up() -> None:
    out = agc_steps(np.ones(100, np.complex64), [60, 20], [-20.0, 6.0])
    assert np.array_equal(out[:20], np.ones(20)) and out.dtype == np.complex64
    assert np.allclose(out[20:60], 10**0.3, rtol=1e-6)
    assert np.allclose(out[60:], 10**-0.7, rtol=1e-6)
    assert np.array_equal(agc_steps(out, [100, 5000], [3.0, 3.0]), out), "past the end"


def test_each_packet_its_receiver() -> None:
    signal = gaussian((2, 50), seed=2)
    numbers = np.array([0.5, -2.0])
    together = (
        dc_offset(signal, numbers * 1j),
        iq_imbalance(signal, numbers, 3 * numbers),
        quantise(signal, 5, np.abs(numbers)),
        agc_steps(signal, np.array([[10], [30]]), numbers[:, np.newaxis]),
    )
    for packet, number in enumerate(numbers):
        alone = (
            dc_offset(signal[packet], number * 1j),
            iq_imbalance(signal[packet], number, 3 * number),
            quantise(signal[packet], 5, abs(number)),
            agc_steps(signal[packet], [(10, 30)[packet]], [number]),
        )
        for whole, part in zip(together, alone, strict=True):
            assert worst_db(whole[packet] - part) < -120
    assert image_rejection_db(numbers, 3 * numbers).shape == (2,)


def test_wrong_calls_are_refused() -> None:
    signal = np.ones((2, 8), np.complex64)
    with pytest.raises(ValueError, match="offset"):
        dc_offset(signal, complex(float("nan")))
    with pytest.raises(ValueError, match="gain_db"):
        iq_imbalance(signal, np.zeros(3), 0.0)
    with pytest.raises(ValueError, match="phase_deg"):
        iq_imbalance(signal, 0.0, float("inf"))
    for bits in (0, 25):
        with pytest.raises(ValueError, match="bits"):
            quantise(signal, bits, 1.0)
    with pytest.raises(ValueError, match="full_scale"):
        quantise(signal, 8, 0.0)
    for places, steps in (([1, 2], [1.0]), ([-1], [1.0]), ([1.5], [1.0]), ([1], [float("nan")])):
        with pytest.raises(ValueError, match="at_samples"):
            agc_steps(signal, places, steps)
    with pytest.raises(ValueError, match="do not fit"):
        agc_steps(signal, np.zeros((3, 1)), np.zeros((3, 1)))
