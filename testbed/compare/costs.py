"""What one system costs in one run: messages, octets, air time, latency, the tag's energy by cause, primitives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.attack.suspects import Suspect
from testbed.compare.columns import AMPLE_V, column
from testbed.runner.powered_tag import PoweredTag
from testbed.runner.sim_run import run_in_process
from testbed.runner.stations import stations_of
from testbed.tally import DIRECTIONS, Tally

INCIDENT_DBM = -100.0


@dataclass(frozen=True)
class Costs:
    """The figures of one run over the waveform-level simulated air, all commands and readings of the experiment."""

    label: str
    ok: bool
    messages: dict[str, int]
    octets: dict[str, int]
    air_time_ns: dict[str, int]
    acks: int
    handshake_ns: int | None
    elapsed_ns: int
    energy_j: dict[str, float]
    primitives: dict[str, int]
    parameters: dict[str, Any]


def costs_of(path: Path, suspect: Suspect, seed: int) -> Costs:
    """Run the experiment once with a tag that is metered and does not run dry."""
    experiment = column(path, suspect, seed, f"power.incident_dbm={INCIDENT_DBM}", f"power.full_v={AMPLE_V}")
    stations = stations_of(experiment)
    tally = Tally(opening=stations.ends.opening, proven=stations.ends.proven)
    finished = run_in_process(experiment, stations, tally.take)
    assert isinstance(stations.tag, PoweredTag)
    power, traffic = stations.tag.power, tally.traffic
    return Costs(
        suspect.label,
        finished.ok,
        {each: traffic[each].messages for each in DIRECTIONS},
        {each: traffic[each].octets for each in DIRECTIONS},
        {each: traffic[each].air_time_ns for each in DIRECTIONS},
        tally.acks.messages,
        tally.handshakes[0].air_ns if tally.handshakes else None,
        finished.stop_ns,
        dict(sorted(power.spent_j.items())),
        {primitive.value: units for primitive, units in stations.tag.tally.units.items()},
        dict(stations.ends.report),
    )
