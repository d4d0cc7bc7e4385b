"""Signals, noise and converter in one pass, against the same sum in double precision."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import signal as scipy_signal

from ampradio import accelerator
from ampradio.channel.digitising import TAPS, Passband, Signal, digitised
from ampradio.channel.numbered_noise import noise_key, numbered_noise
from ampradio.channel.turning import STEP, Oscillator

KEY = noise_key(7, 1)
FIRST, COUNT = 50 * 20_000_000 + 123, 70_001  # over the edges of stretches, seeds and oscillators
LOW, HIGH = -0.31, 0.4


def signals() -> list[Signal]:
    """Codes and samples, still and turning, whole and filtered."""
    rng = np.random.default_rng(3)
    codes = rng.integers(-32768, 32768, (COUNT + TAPS - 1, 2), np.int16)
    samples = rng.standard_normal((COUNT + TAPS - 1, 2)).astype(np.float32).view(np.complex64)[:, 0]
    taps = scipy_signal.firwin(TAPS, HIGH - LOW).astype(np.float32)
    passband = Passband(taps, (LOW + HIGH) / 2)
    return [
        Signal(codes[:COUNT], 0.03),
        Signal(samples[:COUNT], 600.0, -0.2371),
        Signal(codes, 0.02, 2.5e-4, passband),
        Signal(samples, 300.0, 0.11, passband),
    ]


def expected(given: list[Signal]) -> np.ndarray:
    """The sum, complex128; the filter as complex taps."""
    out = np.zeros(COUNT, complex)
    for each in given:
        samples = np.asarray(each.samples)
        if samples.dtype == np.int16:
            samples = (samples & -16).astype(float) @ np.array([1, 1j])
        if each.passband is not None:
            places = np.arange(TAPS) - TAPS // 2
            taps = each.passband.taps * np.exp(2j * np.pi * each.passband.centre * places)
            samples = scipy_signal.oaconvolve(samples, taps, mode="valid")
        turns = np.array([float(n * int(each.cycles * 2**60) % 2**60) / 2**60 for n in range(FIRST, FIRST + COUNT)])
        out += each.gain * samples * np.exp(2j * np.pi * turns)
    return out


def as_complex(codes: np.ndarray) -> np.ndarray:
    return codes.astype(float) @ np.array([1, 1j])


def test_it_is_the_sum_plus_noise_rounded_and_clipped() -> None:
    given, power = signals(), 40_000.0
    codes = digitised(given, FIRST, COUNT, power, KEY)
    assert codes.dtype == np.int16 and codes.min() == -2048 and codes.max() == 2047
    analogue = expected(given) + np.sqrt(power) * numbered_noise(KEY, FIRST, COUNT)
    both = np.stack((analogue.real, analogue.imag), axis=1)
    difference = codes - np.clip(both, -2048, 2047)
    assert abs(difference).max() < 0.501
    inside = abs(both).max(axis=1) < 2000
    assert np.mean(difference[inside] ** 2) == pytest.approx(1 / 12, rel=0.01)  # Bennett: that of rounding


def test_noise_alone_has_its_power_and_the_converters() -> None:
    codes = as_complex(digitised([], FIRST, 1 << 20, 2 * 0.8**2, KEY))
    assert np.mean(abs(codes) ** 2) == pytest.approx(2 * (0.8**2 + 1 / 12), rel=0.005)
    assert abs(codes.mean()) < 4.5 * np.sqrt(1.5 / codes.size)
    assert not digitised([], FIRST, 5000, 0.0, KEY).any()


def test_every_bit_is_the_same_however_it_is_cut_and_computed() -> None:
    given = signals()
    whole = digitised(given, FIRST, COUNT, 900.0, KEY)
    edges = (0, 1, 3_333, 32_768, 40_000, COUNT)
    parts = []
    for begin, end in itertools.pairwise(edges):
        cut = [
            Signal(
                each.samples[begin : end + (TAPS - 1 if each.passband else 0)], each.gain, each.cycles, each.passband
            )
            for each in given
        ]
        parts.append(digitised(cut, FIRST + begin, end - begin, 900.0, KEY))
    assert np.array_equal(np.concatenate(parts), whole)
    with accelerator.off():
        assert np.array_equal(digitised(given, FIRST, COUNT, 900.0, KEY), whole)


@pytest.mark.parametrize("edge", [0, 1 << 28])
def test_an_oscillator_turns_alike_before_and_after_the_numbers_are_cut(edge: int) -> None:
    """About sample 0, which a filter looks back over, and 2²⁸, where phases begin anew: each stretch by itself."""
    for cycles in np.random.default_rng(edge).uniform(-0.5, 0.5, 30):
        before, count = 7 * STEP, 300 * STEP
        whole = Oscillator(500.0, cycles, edge - before, count).between(0, count).coarse
        after = Oscillator(500.0, cycles, edge, count - before).between(0, count - before).coarse
        assert np.array_equal(whole[7:], after)


@pytest.mark.parametrize(
    ("given", "first", "power", "what"),
    [
        ([Signal(np.zeros(4, np.complex64), 1.0)], 0, 1.0, "5 samples"),
        ([], -1, 1.0, "negative"),
        ([], 0, -1.0, "noise_power"),
        ([], 0, np.nan, "noise_power"),
    ],
)
def test_what_does_not_fit_is_refused(given: list[Signal], first: int, power: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        digitised(given, first, 5, power, KEY)
