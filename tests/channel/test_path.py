"""A path: its parts in the order of the air, for one packet or many."""

from __future__ import annotations

import numpy as np
import pytest

from ampradio.channel.path import Path
from tests.channel.tones import tone, worst_db

FS = 20e6


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_neutral_path_changes_nothing() -> None:
    signal = tone(0.1, 100)
    assert np.array_equal(Path().apply(signal, FS, rng()), signal)


def test_gain_delay_and_taps() -> None:
    impulse = np.zeros(20, np.complex64)
    impulse[0] = 1
    taps = np.array([0.5, 0, -0.25j], np.complex64)
    out = Path(gain_db=20.0, delay_s=5 / FS, taps=taps).apply(impulse, FS, rng())
    assert out.size == 27
    assert out[5:8] == pytest.approx(np.array([5.0, 0, -2.5j]))
    assert not out[:5].any() and not out[8:].any()


def test_carrier_before_clock() -> None:
    """The carrier is counted in the sender's samples: a fast receiver's clock slows it with all the rest."""
    out = Path(cfo_hz=0.1 * FS, clock_ppm=10_000.0).apply(tone(0.02, 5000), FS, rng())
    assert worst_db((out - tone(0.12 / 1.01, out.size))[30:-30]) < -60


def test_the_carrier_runs_while_the_signal_is_on_its_way() -> None:
    """Delay before carrier: the receiver's oscillator has turned on when the signal arrives."""
    out = Path(delay_s=10 / FS, cfo_hz=0.25 * FS).apply(np.ones(4, np.complex64), FS, rng())
    assert out[10] == pytest.approx(-1.0, abs=1e-6)


def test_noise_is_the_receivers() -> None:
    """Neither weakened by the way nor absent while nothing has arrived yet."""
    out = Path(gain_db=-60.0, delay_s=50_000 / FS, noise_power=0.5).apply(tone(0.1, 100), FS, rng())
    for part in (out[:50_000], out[50_100 - 1 :]):
        assert part.size == 1 or np.mean(np.abs(part) ** 2) == pytest.approx(0.5, rel=5 / np.sqrt(50_000))


def test_each_packet_its_path() -> None:
    generator = np.random.default_rng(2)
    signal = (generator.normal(size=(2, 300)) + 1j * generator.normal(size=(2, 300))).astype(np.complex64)
    taps = (generator.normal(size=(2, 3)) + 1j * generator.normal(size=(2, 3))).astype(np.complex64)
    numbers = {
        "gain_db": np.array([0.0, -7.0]),
        "delay_s": np.array([2.25, 9.0]) / FS,
        "cfo_hz": np.array([1e5, -1e6]),
        "clock_ppm": np.array([-500.0, 9_000.0]),
    }
    together = Path(**numbers, taps=taps).apply(signal, FS, rng())
    for packet in (0, 1):
        one = {name: float(values[packet]) for name, values in numbers.items()}
        alone = Path(**one, taps=taps[packet]).apply(signal[packet], FS, rng())
        size = min(alone.size, together.shape[1]) - 1  # the shorter one ends within the last lobes
        assert size > 300 and np.allclose(together[packet, :size], alone[:size], atol=1e-5)


def test_a_seed_makes_the_same_samples_again() -> None:
    path = Path(gain_db=-3.0, taps=np.array([1.0, 0.5j], np.complex64), cfo_hz=1e5, clock_ppm=20.0, noise_power=0.1)
    first, again, other = (path.apply(tone(0.1, 500), FS, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_wrong_number_is_refused() -> None:
    for wrong in ({"gain_db": float("nan")}, {"delay_s": -1.0}, {"clock_ppm": -2e6}, {"noise_power": -1.0}):
        with pytest.raises(ValueError, match=next(iter(wrong)).split("_")[-1]):
            Path(**wrong).apply(np.ones(10, np.complex64), FS, rng())
