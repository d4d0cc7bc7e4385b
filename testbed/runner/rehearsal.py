"""What a run would send, without a radio: its stations in virtual time over an air that delivers everything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from ampradio.mac.exchange import Exchange, transmission_ns
from ampradio.mac.station import Station
from ampradio.vectors import PpduKind, Tx
from testbed.experiment import Experiment
from testbed.frame_name import frame_name
from testbed.runner.observed import ObservedStation
from testbed.runner.stations import stations_of

STEP_NS = 1_000_000_000


@dataclass(frozen=True)
class PlannedPpdu:
    """PPDUs of one kind and length from one station: ``count`` of them, each ``duration_ns`` on the air."""

    role: str
    name: str
    kind: PpduKind
    rate_bps: int
    octets: int
    protected: bool
    duration_ns: int
    count: int

    @property
    def on_air_ns(self) -> int:
        """All of them together."""
        return self.count * self.duration_ns


@dataclass(frozen=True)
class Rehearsal:
    """Every PPDU of a run without losses, how long it takes, and the longest PPDU of each station as it was sent."""

    ppdus: tuple[PlannedPpdu, ...]
    air_ns: int
    longest: dict[str, Tx]

    def duty(self, role: str) -> float:
        """Return the share of the time that a station sends."""
        return sum(each.on_air_ns for each in self.ppdus if each.role == role) / max(self.air_ns, 1)


def rehearsed(experiment: Experiment) -> Rehearsal:
    """Return what a run of ``experiment`` sends when nothing is lost; an authentication server is really asked."""
    stations = stations_of(experiment)
    sent: dict[str, list[Tx]] = {"ap": [], "tag": []}

    def observed(role: str, station: Station) -> ObservedStation:
        return ObservedStation(station, lambda psdu, rx: None, sent[role].append, lambda now_ns: None)

    ap, tag = observed("ap", stations.ap), observed("tag", stations.tag)
    exchange = Exchange(experiment.profile, {"ap": ap}, {"tag": tag})
    until_ns = 0
    while until_ns < experiment.max_air_time_ns and not _finished(exchange, until_ns):
        until_ns += STEP_NS
    counts: Counter[PlannedPpdu] = Counter()
    for role, each in sent.items():
        counts.update(_planned(experiment, role, tx) for tx in each)
    by_role = sorted(counts.items(), key=lambda item: item[0].role)
    ppdus = tuple(replace(planned, count=count) for planned, count in by_role)
    longest = {
        role: max(each, key=lambda tx: transmission_ns(experiment.profile, tx)) for role, each in sent.items() if each
    }
    return Rehearsal(ppdus, exchange.now_ns, longest)


def _finished(exchange: Exchange, until_ns: int) -> bool:
    return any(event.kind == "finished" for _, event in exchange.run(until_ns))


def _planned(experiment: Experiment, role: str, tx: Tx) -> PlannedPpdu:
    vector = tx.vector
    name = frame_name(experiment.profile.mac, tx.psdu)
    duration_ns = transmission_ns(experiment.profile, tx)
    return PlannedPpdu(
        role, name, vector.kind, vector.rate_bps, len(tx.psdu), vector.protected, duration_ns, 1
    )
