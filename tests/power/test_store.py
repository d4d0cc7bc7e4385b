"""The store and the harvester, against the formulas of physics and the figures of the air-interface page, section 6."""

from __future__ import annotations

import pytest

from ampradio.power.store import Store, harvested_w, store_of
from ampradio.profile import load_profile

POWER = load_profile().power


def test_usable_energy_of_the_contribution() -> None:
    """11-25/2061r0: 1 µF between 1.2 V and 0.9 V is 0.315 µJ."""
    assert store_of(POWER).usable_j == pytest.approx(0.315e-6, rel=1e-12)


def test_voltage_and_energy_are_inverse() -> None:
    store = store_of(POWER, full_v=2.0)
    assert store.full_j == pytest.approx(2e-6)
    for volts in (0.0, 0.9, 1.2, 1.7):
        assert store.volts(store.at_j(volts)) == pytest.approx(volts)
    assert store.volts(-1.0) == 0


def test_the_harvester_gives_a_fifth_from_minus_20_dbm_up() -> None:
    assert harvested_w(POWER, -10.0) == pytest.approx(20e-6)
    assert harvested_w(POWER, -20.0) == pytest.approx(2e-6)
    assert harvested_w(POWER, -20.01) == 0


@pytest.mark.parametrize(
    "figures", [(0.0, 1.2, 0.9, 1.2), (1e-6, 0.9, 0.9, 1.2), (1e-6, 1.2, 0.9, 1.1), (1e-6, 1.2, -1, 2)]
)
def test_a_store_that_cannot_be(figures: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="a store needs"):
        Store(*figures)
