"""A tag's energy over time: exact instants from constant powers, conservation of energy, brown-outs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampradio.power.costs import load_costs
from ampradio.power.store import store_of
from ampradio.power.tag_power import BrownOut, State, TagPower, Transition
from ampradio.profile import load_profile

POWER = load_profile().power
COSTS = load_costs("accelerator").costs
DARK_DBM = -40.0
MS = 1_000_000


def tag(incident_dbm: float, full_v: float | None = None) -> TagPower:
    return TagPower(POWER, COSTS, incident_dbm, store=store_of(POWER, full_v))


def test_listening_without_light_lasts_usable_over_rx_power() -> None:
    """0.315 µJ at 10 µW are 31.5 ms; nothing comes back without a field."""
    power = tag(DARK_DBM)
    assert power.advance(31 * MS) == []
    assert power.next_change_ns() == pytest.approx(31.5 * MS, abs=1)
    (dark,) = power.advance(100_000 * MS)
    assert dark == Transition(pytest.approx(31.5 * MS, abs=1), False)
    assert power.brown_outs == 1
    assert power.spent_j["rx"] == pytest.approx(0.315e-6, rel=1e-6)


def test_charging_takes_usable_over_harvest() -> None:
    """At −17 dBm a fifth of 20 µW is 4 µW: 52.5 ms of listening against 10 µW, then 78.75 ms of charging."""
    power = tag(-16.98970004336019)
    changes = power.advance(1_000 * MS)
    dark = [change.t_ns for change in changes if not change.on]
    back = [change.t_ns for change in changes if change.on]
    assert dark[0] == pytest.approx(52.5 * MS, rel=1e-6)
    assert back[0] - dark[0] == pytest.approx(78.75 * MS, rel=1e-6)
    assert dark[1] - back[0] == pytest.approx(52.5 * MS, rel=1e-6)
    assert len(dark) == 8


def test_enough_light_never_goes_dark() -> None:
    power = tag(-10.0)
    assert power.advance(3_600_000 * MS) == []
    assert power.energy_j == power.store.full_j


def test_transmitting_drains_faster() -> None:
    """50 µW: 0.315 µJ last 6.3 ms; asked beforehand, and lived through."""
    power = tag(DARK_DBM)
    assert power.lasts_until_ns(100 * MS, State.TX) == pytest.approx(6.3 * MS, abs=1)
    assert power.lasts_until_ns(5 * MS, State.TX) == 5 * MS
    power.enter(State.TX)
    (dark,) = power.advance(20 * MS)
    assert dark.t_ns == pytest.approx(6.3 * MS, abs=1)
    assert power.state is State.RX


def test_deeds_are_paid_before_they_are_done() -> None:
    power = tag(DARK_DBM)
    power.spend("aes", 1)
    assert power.spent_j["aes"] == pytest.approx(226 * 10e-12)
    assert power.compute_ns == pytest.approx(226_000)
    with pytest.raises(BrownOut, match="x25519"):
        power.spend("x25519", 1)
    assert not power.on
    assert power.brown_outs == 1
    with pytest.raises(BrownOut, match="while dark"):
        power.spend("aes", 1)
    with pytest.raises(ValueError, match="already"):
        power.advance(-1)


def test_octets_cost_what_the_table_says() -> None:
    power = TagPower(POWER, replace(COSTS, rx_octet_j=1e-9, tx_octet_j=2e-9), DARK_DBM)
    power.pay_octets(received=10, sent=5)
    assert power.spent_j["rx"] == pytest.approx(10e-9)
    assert power.spent_j["tx"] == pytest.approx(10e-9)


@given(
    st.floats(-25, -5),
    st.lists(
        st.tuples(st.integers(0, 50 * MS), st.sampled_from(list(State)), st.sampled_from(["aes", "sha256", "nvm_row"])),
        max_size=30,
    ),
)
def test_energy_is_conserved(incident_dbm: float, steps: list[tuple[int, State, str]]) -> None:
    """What was stored at first plus what can have been harvested covers what is stored plus what was spent."""
    power = tag(incident_dbm, full_v=100.0)
    power.energy_j = first_j = power.store.on_j  # far from the limiter, which throws energy away
    for wait_ns, state, cause in steps:
        power.advance(power.now_ns + wait_ns)
        assert power.store.off_j <= power.energy_j <= power.store.full_j or not power.on
        if power.on:
            power.enter(state)
            try:
                power.spend(cause, 3)
            except BrownOut:
                assert not power.on
    harvested_j = power.harvest_w * power.now_ns * 1e-9
    tolerance_j = 1e-12 + (len(steps) + 2 * power.brown_outs) * 100e-6 * 1e-9  # a nanosecond at each threshold
    assert sum(power.spent_j.values()) + power.energy_j == pytest.approx(first_j + harvested_j, abs=tolerance_j)


@given(st.floats(-22, -12), st.integers(1, 400))
def test_time_may_be_cut_as_one_likes(incident_dbm: float, cuts: int) -> None:
    """Advancing in one step or in many meets the same thresholds."""
    whole, cut = tag(incident_dbm), tag(incident_dbm)
    end_ns = 400 * MS
    changes = whole.advance(end_ns)
    pieces = [change for step in range(1, cuts + 1) for change in cut.advance(end_ns * step // cuts)]
    assert [change.on for change in pieces] == [change.on for change in changes]
    assert all(abs(one.t_ns - other.t_ns) < 1000 for one, other in zip(pieces, changes, strict=True))
