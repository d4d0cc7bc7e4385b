"""Cost tables: each figure with its origin, a bad file refused by file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from ampradio.power.costs import built_in_tables, load_costs
from ampradio.profile.errors import ProfileError


@pytest.mark.parametrize("name", ["accelerator", "software"])
def test_built_in_tables_say_that_they_are_placeholders(name: str) -> None:
    table = load_costs(name)
    assert name in built_in_tables()
    assert table.name == name
    assert len(table.placeholders) == len(table.entries) == 11


def test_energy_is_cycles_over_clock_times_power() -> None:
    """X25519 on the software table: 3.6 M cycles at 16 MHz are 225 ms, at 0.48 mW 108 µJ."""
    energy_j, time_ns = load_costs("software").costs.of("x25519", 1)
    assert energy_j == pytest.approx(108e-6)
    assert time_ns == pytest.approx(225e6)


def test_every_primitive_has_a_cost_in_proportion() -> None:
    costs = load_costs("accelerator").costs
    for cause in ("sha256", "sha1", "aes", "x25519", "rng", "nvm_row"):
        one, three = costs.of(cause, 1), costs.of(cause, 3)
        assert one[0] > 0
        assert three == pytest.approx((3 * one[0], 3 * one[1]))
    with pytest.raises(ValueError, match="no cost for 'magic'"):
        costs.of("magic", 1)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (("aes_cycles", "aes_cyles"), "costs.aes_cyles"),
        (("value = 226", "value = -1"), "costs.aes_cycles.value"),
        (("value = 1_000_000", "value = 0"), "costs.clock_hz.value"),
        (('name = "accelerator"', "name = 3"), "name"),
        (("[costs]", "[cost]"), "cost"),
        (("[costs]", "[costs"), ""),
    ],
)
def test_a_bad_table_is_refused_by_field(tmp_path: Path, change: tuple[str, str], where: str) -> None:
    source = Path(load_costs.__code__.co_filename).parent / "accelerator.toml"
    path = tmp_path / "mine.toml"
    path.write_text(source.read_text().replace(*change))
    with pytest.raises(ProfileError) as refused:
        load_costs(path)
    assert refused.value.field == where
    assert str(path) in str(refused.value)


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    source = Path(load_costs.__code__.co_filename).parent / "accelerator.toml"
    path = tmp_path / "mine.toml"
    path.write_text(source.read_text().replace("value = 226", "value = 11"))
    assert load_costs(path).costs.aes_cycles == 11
    with pytest.raises(ProfileError):
        load_costs(tmp_path / "none.toml")
