"""The stations of an experiment over an air that loses frames: retries, and commands at most once."""

from __future__ import annotations

from collections.abc import Sequence

from ampradio.mac.exchange import Delivery, Exchange, Transmission, perfect_link
from testbed.experiment import load_experiment
from testbed.runner.stations import stations_of
from tests.conftest import ROOT


def run_losing(*lost: int, retries: int = 2) -> list[tuple[str, str, str]]:
    """Run the demo with its n-th transmissions (from 0, Acks included) lost; return node, kind, data of the events."""
    experiment = load_experiment(ROOT / "examples/demo.toml", overrides=[f"ap.retries={retries}"])
    stations = stations_of(experiment)
    count = -1

    def link(transmission: Transmission, receiver: str, others: Sequence[Transmission]) -> Sequence[Delivery]:
        nonlocal count
        count += 1
        return () if count in lost else perfect_link(transmission, receiver, others)

    events = Exchange(experiment.profile, {"ap": stations.ap}, {"tag": stations.tag}, link).run(10**9)
    return [(name, event.kind, str(event.detail.get("data_hex", event.detail.get("ok", "")))) for name, event in events]


COMMANDS = [text.encode().hex() for text in ("led on", "sample every 60 s", "led off")]


def commands(events: list[tuple[str, str, str]]) -> list[str]:
    return [data for _, kind, data in events if kind == "security.command"]


def test_all_goes_well() -> None:
    events = run_losing()
    assert commands(events) == COMMANDS
    assert ("ap", "finished", "True") in events


def test_a_lost_sec_ack_does_not_repeat_its_command_nor_cost_the_later_ones() -> None:
    """Transmission 4 is the first SEC-ACK: the tag acted already, so the retry goes without the command."""
    events = run_losing(4)
    assert commands(events) == COMMANDS
    assert ("ap", "finished", "True") in events


def test_a_lost_response_is_asked_for_again_with_the_command() -> None:
    events = run_losing(1)
    assert commands(events) == COMMANDS


def test_a_round_that_failed_does_not_make_the_next_one_repeat() -> None:
    """Without retries the first exchange fails; the other two each happen once."""
    events = run_losing(1, retries=0)
    assert commands(events) == COMMANDS[1:]
    assert ("ap", "finished", "False") in events
    assert [kind for _, kind, _ in events].count("security.completed") == 2
