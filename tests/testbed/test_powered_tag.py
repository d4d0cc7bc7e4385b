"""A tag on harvested energy: it completes with enough light, goes dark without, and begins anew when it is back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ampradio.mac.ap import ApStation
from ampradio.mac.exchange import Exchange
from ampradio.mac.work import SecureExchange
from ampradio.power.costs import load_costs
from ampradio.power.tag_power import TagPower
from testbed.runner.powered_tag import PoweredTag
from tests.mac.bench import LONG_NS, PROFILE, SETTINGS, TAG_ID, Secured, secured

COSTS = load_costs("accelerator").costs
BRIGHT_DBM, DARK_DBM = -10.0, -40.0


def powered(both: Secured, incident_dbm: float, **costs: Any) -> tuple[list[Any], PoweredTag]:
    """Run both ends with the tag on energy; what the tag told is a pair of its name and an event."""
    power = TagPower(PROFILE.power, replace(COSTS, **costs), incident_dbm)
    tag = PoweredTag(PROFILE, both.tag, power)
    told = Exchange(PROFILE, {"ap": both.ap}, {"tag": tag}).run(LONG_NS // 20)
    return told, tag


def kinds(told: list[Any], who: str) -> list[str]:
    return [event.kind for name, event in told if name == who]


def test_enough_light_costs_energy_and_nothing_else() -> None:
    both = secured(flow=4, reading=b"21.5 C", command=b"open")
    told, tag = powered(both, BRIGHT_DBM)
    assert both.ap.succeeded
    assert "brown_out" not in kinds(told, "tag")
    assert tag.power.spent_j["tx"] > 0
    # 4 NVM-free frames: what is counted is what page 8.3 says, PMK1 4 and PTK 5 compressions
    assert tag.power.spent_j["sha256"] == pytest.approx(COSTS.of("sha256", 9)[0])


def test_a_reply_that_the_store_does_not_last_for_is_cut_and_the_tag_dark() -> None:
    """R1.38: energy ends inside a transmission. 0.315 µJ last 6.3 ms at 50 µW; the store is made that much smaller."""
    both = secured(flow=4, attempts=1)
    power = TagPower(PROFILE.power, COSTS, DARK_DBM)
    power.energy_j = power.store.off_j + 65e-9  # enough to hear the trigger and compute, not to answer
    tag = PoweredTag(PROFILE, both.tag, power)
    told = Exchange(PROFILE, {"ap": both.ap}, {"tag": tag}).run(LONG_NS // 20)
    assert not both.ap.succeeded
    assert kinds(told, "tag").count("brown_out") == 1
    assert kinds(told, "ap").count("no_reply") >= 1
    assert not both.supplicant.holds_transient_key


def test_a_dark_tag_comes_back_and_the_exchange_begins_anew() -> None:
    """R1.36, R1.40: what was volatile is gone; with a pause long enough to charge the next attempt succeeds."""
    both = secured(flow=4, attempts=8)
    item = SecureExchange(
        both.authenticator,
        TAG_ID,
        lambda trigger, now_ns: both.authenticator.begin(TAG_ID, trigger),
        lambda: both.authenticator.counters["completed"] > 0,
        41,
        attempts=8,
        pause_ns=60_000_000,
    )
    both.ap = ApStation(PROFILE, SETTINGS, [item])
    power = TagPower(PROFILE.power, COSTS, -15.0)
    power.energy_j = power.store.off_j + 30e-9
    tag = PoweredTag(PROFILE, both.tag, power)
    told = Exchange(PROFILE, {"ap": both.ap}, {"tag": tag}).run(LONG_NS)
    assert both.ap.succeeded
    assert "brown_out" in kinds(told, "tag") and "power_on" in kinds(told, "tag")
    assert power.brown_outs >= 1


def test_a_computation_that_no_charge_holds_never_completes_and_bricks_nothing() -> None:
    """A handshake in software costs more than the store: every attempt ends dark, and nothing worse."""
    both = secured(flow=3, attempts=3)
    power = TagPower(PROFILE.power, load_costs("software").costs, BRIGHT_DBM)
    tag = PoweredTag(PROFILE, both.tag, power)
    told = Exchange(PROFILE, {"ap": both.ap}, {"tag": tag}).run(LONG_NS // 10)
    assert not both.ap.succeeded
    assert power.brown_outs >= 1
    assert "security.authenticated" not in kinds(told, "tag")


def test_frames_in_the_dark_are_missed_and_counted() -> None:
    both = secured(flow=3, attempts=2)
    power = TagPower(PROFILE.power, COSTS, DARK_DBM)
    power.energy_j = power.store.off_j + 1e-12
    tag = PoweredTag(PROFILE, both.tag, power)
    told = Exchange(PROFILE, {"ap": both.ap}, {"tag": tag}).run(LONG_NS // 20)
    assert "missed_dark" in kinds(told, "tag")
    assert "rx" not in kinds(told, "tag")


def test_the_energy_of_two_runs_is_the_same() -> None:
    spent = []
    for _ in range(2):
        _, tag = powered(secured(flow=4), -12.0)
        spent.append(dict(tag.power.spent_j))
    assert spent[0] == spent[1]
