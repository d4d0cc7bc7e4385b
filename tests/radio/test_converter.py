"""Noise of emulated receivers: of the power asked for, white, the same again, its own for every radio and rate."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from ampradio.radio.emulator.air import Field, Window
from testbed.emulated_air.converter import NumberedConverter
from testbed.emulated_air.imperfection import Imperfection

COUNT, FIRST = 1 << 16, 40_000_000
POWER = 900.0  # codes squared
SCALE = 50.0  # codes in a √mW
SLOW, FAST = Fraction(2_000_000), Fraction(20_000_000)


def noise(seed: int, index: int, rate_sps: Fraction, how: Imperfection | None = None) -> np.ndarray:
    """What a receiver gives of an empty air."""
    field = Field(Window(FIRST, COUNT, rate_sps), ())
    codes = NumberedConverter(seed, index, how).codes(field, SCALE, POWER)
    return codes.astype(float) @ np.array([1, 1j])


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Their correlation, in standard deviations of that of noises that know nothing of each other."""
    return float(abs(np.vdot(one, other)) / np.linalg.norm(one) / np.linalg.norm(other) * np.sqrt(COUNT))


def test_noise_is_of_its_own_for_every_radio_rate_and_seed() -> None:
    """Rayleigh: 4.5 standard deviations once in e^20."""
    rows = [noise(*each) for each in ((3, 0, SLOW), (3, 1, SLOW), (3, 0, FAST), (4, 0, SLOW))]
    for one, other in combinations(rows, 2):
        assert alike(one, other) < 4.5
    assert np.array_equal(noise(3, 0, SLOW), rows[0])


def test_a_radio_that_changes_its_rate_and_comes_back_has_its_noise_again() -> None:
    converter = NumberedConverter(3, 0)
    first, other, again = (
        converter.codes(Field(Window(FIRST, COUNT, rate), ()), SCALE, POWER) for rate in (SLOW, FAST, SLOW)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("how", [None, Imperfection(iq_gain_db=1e-9)], ids=["perfect", "hardly imperfect"])
def test_noise_has_the_power_asked_for(how: Imperfection | None) -> None:
    """And a code's twelfth in either branch (Bennett), whichever way it goes through the receiver; it is white."""
    row = noise(3, 0, SLOW, how)
    assert np.mean(abs(row) ** 2) == pytest.approx(POWER + 1 / 6, rel=4.5 / np.sqrt(COUNT))
    assert alike(row[1:], row[:-1]) < 4.5
