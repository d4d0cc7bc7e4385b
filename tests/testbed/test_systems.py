"""Every security system and variant between the same stations, by its name in the experiment file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ampradio.mac.exchange import Exchange, perfect_link
from testbed.experiment import experiment_of
from testbed.experiment.systems import VARIANTS
from testbed.runner.stations import stations_of
from testbed.tally import Tally
from tests.mac.bench import losing

READINGS = ["t=21.5C", "rh=41%"]
COMMANDS = ["led on", "led off"]
SETTINGS = [(system, variant) for system, variants in VARIANTS.items() for variant in variants]


def run(system: str, variant: str, link: Any = perfect_link, *more: str) -> tuple[list[tuple[str, Any]], Tally, bool]:
    """Run two rounds in memory; return who told what, the tally, and whether the AP is content."""
    text = f"""
[security]
system = "{system}"
variant = "{variant}"
[ap]
commands = {COMMANDS}
[[tags]]
readings = {READINGS}
"""
    experiment = experiment_of(text, Path("bench.toml"), overrides=list(more))
    stations = stations_of(experiment)
    told = Exchange(experiment.profile, {"ap": stations.ap}, {"tag": stations.tag}, link).run(60_000_000_000)
    tally = Tally(opening=stations.ends.opening, proven=stations.ends.proven)
    for name, event in told:
        tally.take({"t_ns": event.t_ns, "node": name, "kind": event.kind, **event.detail})
    return told, tally, stations.ap.finished and stations.ap.succeeded


def data(told: list[tuple[str, Any]], kind: str) -> list[str]:
    """Return the data of every event of a kind as text."""
    return [bytes.fromhex(event.detail["data_hex"]).decode() for _, event in told if event.kind == kind]


@pytest.mark.parametrize(("system", "variant"), SETTINGS)
def test_commands_go_down_and_readings_come_up(system: str, variant: str) -> None:
    told, tally, ok = run(system, variant)
    assert ok
    carries = (system, variant) not in NO_DATA
    assert data(told, "security.uplink_data") == (READINGS if carries else [])
    assert data(told, "security.command") == (COMMANDS if carries else [])
    assert tally.handshakes
    assert all(handshake.air_ns > 0 for handshake in tally.handshakes)


@pytest.mark.parametrize(("system", "variant"), SETTINGS)
def test_a_lost_frame_costs_an_attempt_and_no_data(system: str, variant: str) -> None:
    """The second PPDU on the air, the tag's first answer, is lost."""
    told, _, ok = run(system, variant, losing(1))
    assert ok
    assert data(told, "security.uplink_data") == ([] if (system, variant) in NO_DATA else READINGS)


@pytest.mark.parametrize(("system", "variant"), SETTINGS)
def test_no_message_has_a_number_for_a_name(system: str, variant: str) -> None:
    told, _, _ = run(system, variant)
    names = {event.detail["name"] for _, event in told if event.kind == "tx"}
    assert not {name for name in names if "message" in name}


@pytest.mark.parametrize("id_mode", ["encrypted", "encrypted-unprotected"])
@pytest.mark.parametrize("process", ["authentication", "command", "both"])
def test_aiot_processes_and_id_modes(id_mode: str, process: str) -> None:
    """R3.1, R3.2: each process alone and both, IDs encrypted with and without a MAC."""
    told, _, ok = run(
        "aiot", "literal", perfect_link, f"security.aiot.id_mode={id_mode}", f"security.aiot.process={process}"
    )
    assert ok
    assert data(told, "security.uplink_data") == ([] if process == "authentication" else READINGS)


@pytest.mark.parametrize("variant", ["hardened", "identity-hiding"])
def test_provisioning_end_to_end(variant: str) -> None:
    """R2.10: the gateway carries what it cannot read; the server reads it."""
    told, _, ok = run("provisioning", variant, perfect_link, "security.provisioning.end_to_end=true")
    assert ok
    assert data(told, "security.uplink_data") == READINGS


@pytest.mark.parametrize("variant", ["hardened", "literal"])
@pytest.mark.parametrize("flow", [3, 4])
@pytest.mark.parametrize("method", ["derive", "wrap"])
def test_the_pmk_is_updated_after_the_first_round(method: str, flow: int, variant: str) -> None:
    """R1.26, table 8.1: 37, hardened 45, octets down by derivation, 61 by wrap, 22 up; round 2 needs the new root."""
    told, _, ok = run("amp", variant, perfect_link, f"security.amp.pmk_update={method}", f"security.amp.flow={flow}")
    assert ok
    assert data(told, "security.uplink_data") == READINGS and data(told, "security.command") == COMMANDS
    frames = [(event.detail["name"], event.detail["octets"]) for _, event in told if event.kind == "tx"]
    down = 61 if method == "wrap" else 45 if variant == "hardened" else 37
    assert [frame for frame in frames if "PMK" in frame[0]] == [("PMK-UPDATE", down), ("PMK-UPDATED", 22)]
    kinds = [event.kind for _, event in told if event.kind.startswith("security.")]
    committed, noticed = kinds.index("security.pmk_committed"), kinds.index("security.pmk_updated")
    second = [place for place, kind in enumerate(kinds) if kind == "security.keys_installed"][2]
    assert kinds.count("security.pmk_updated") == 1 and committed < noticed < second


@pytest.mark.parametrize("method", ["derive", "wrap"])
def test_a_lost_confirmation_of_an_update_is_noticed_in_the_next_round(method: str) -> None:
    """W1.8: the tag has committed, PMK-UPDATED is lost, and the AP finds the new root by the next response."""
    told, _, ok = run("amp", "hardened", losing(7), f"security.amp.pmk_update={method}")
    assert ok
    assert data(told, "security.uplink_data") == READINGS
    (updated,) = [event.detail for _, event in told if event.kind == "security.pmk_updated"]
    assert updated["recovered"] is True


ENERGY = ("power.incident_dbm=-13.5", "ap.retry_pause_ms=100", "ap.retries=30")
PUBLIC_KEY = ("provisioning", "identity-hiding")
NO_DATA = {("handover", "legacy")}
TOO_LONG = {("rsna", "seed-order"), ("rsna", "rsn-order")}


@pytest.mark.parametrize(
    ("system", "variant"), [each for each in SETTINGS if each not in TOO_LONG | {PUBLIC_KEY}]
)
def test_on_harvested_energy_too(system: str, variant: str) -> None:
    """A store of 0.315 µJ, 8.9 µW coming in, 10 µW spent by listening alone: every reading arrives all the same."""
    told, _, ok = run(system, variant, perfect_link, *ENERGY)
    assert ok
    assert data(told, "security.uplink_data") == ([] if (system, variant) in NO_DATA else READINGS)


def test_public_key_arithmetic_never_completes_on_the_profiles_store() -> None:
    """Why 11-25/0831 wants none on the tag: a ladder costs a hundred charges of the store; nothing breaks."""
    told, _, ok = run(*PUBLIC_KEY, perfect_link, *ENERGY)
    assert not ok
    kinds = [event.kind for _, event in told]
    assert kinds.count("brown_out") > 10
    assert "security.provisioned" not in kinds


@pytest.mark.parametrize(("system", "variant"), sorted(TOO_LONG))
def test_a_link_establishment_is_longer_than_a_charge(system: str, variant: str) -> None:
    """W4.6: 4-way and group frames take more than the store holds, so it begins again for ever; nothing breaks."""
    told, _, ok = run(system, variant, perfect_link, *ENERGY)
    assert not ok
    assert not data(told, "security.uplink_data")
    assert "brown_out" in [event.kind for _, event in told]


@pytest.mark.parametrize("settings", ["security.rsna.encoding=full", "security.rsna.akm=2"])
def test_rsna_encodings_and_suites(settings: str) -> None:
    """R4.3 to R4.5: both encodings of the same messages, both PSK suites."""
    told, _, ok = run("rsna", "seed-order", perfect_link, settings)
    assert ok
    assert data(told, "security.uplink_data") == READINGS


def test_what_was_spent_says_which_costs_are_placeholders() -> None:
    """An energy figure names its cost table, and the keys of it that are ours."""
    experiment = experiment_of("", Path("bench.toml"), overrides=["power.incident_dbm=-12"])
    energy = stations_of(experiment).energy
    assert energy is not None
    assert energy["costs"] == "accelerator"
    assert "costs.aes_cycles" in energy["placeholders"]  # type: ignore[operator]
