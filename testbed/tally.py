"""Counting a run while it happens: messages, octets and air time each way, handshakes, SNR, trouble."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from testbed.event_words import number

ACKS = frozenset({"Ack", "Group Ack"})
EXCITATION = "Excitation"
DIRECTIONS = ("downlink", "uplink")


@dataclass
class Traffic:
    """What one direction carried."""

    messages: int = 0
    octets: int = 0
    air_time_ns: int = 0


@dataclass(frozen=True)
class Handshake:
    """From sample 0 of the message that opens it until the last end that authenticates has done so."""

    air_ns: int
    wall_s: float


@dataclass
class Tally:
    """Takes the events of a run, in order of air time.

    A handshake begins with a message named in ``opening``, again if that is sent again, and is over when somebody has
    authenticated the peer ``proven``. ``clock`` is the wall clock in seconds. Acks are counted apart from the messages,
    and so is what an energizer sends, during which tags reply.
    """

    opening: frozenset[str] = frozenset({"SEC-TRIGGER"})
    proven: str = "ap"
    clock: Callable[[], float] = time.monotonic
    traffic: dict[str, Traffic] = field(default_factory=lambda: {each: Traffic() for each in DIRECTIONS})
    acks: Traffic = field(default_factory=Traffic)
    excitations: Traffic = field(default_factory=Traffic)
    snr_db: dict[str, list[float]] = field(default_factory=lambda: {each: [] for each in DIRECTIONS})
    handshakes: list[Handshake] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _begun: tuple[float, float] | None = None

    def take(self, event: Mapping[str, object]) -> None:
        """Count one event."""
        kind = str(event.get("kind", ""))
        self.counts[kind] += 1
        if kind == "tx":
            self._sent(event)
        elif kind == "rx" and event.get("name") != EXCITATION:
            snr_db = number(event, "snr_db")
            if snr_db is not None:
                self.snr_db[_direction(event)].append(snr_db)
        elif kind == "security.authenticated" and event.get("peer") == self.proven:
            self._authenticated(event)

    def _sent(self, event: Mapping[str, object]) -> None:
        start_ns, end_ns = number(event, "start_ns") or 0.0, number(event, "end_ns") or 0.0
        traffic = self._carried_by(event)
        traffic.messages += 1
        traffic.octets += int(number(event, "octets") or 0)
        traffic.air_time_ns += int(end_ns - start_ns)
        if event.get("name") in self.opening:
            self._begun = (start_ns, self.clock())

    def _carried_by(self, event: Mapping[str, object]) -> Traffic:
        name = event.get("name")
        if name == EXCITATION:
            return self.excitations
        return self.acks if name in ACKS else self.traffic[_direction(event)]

    def _authenticated(self, event: Mapping[str, object]) -> None:
        if self._begun is None:
            return
        start_ns, wall_s = self._begun
        self._begun = None
        self.handshakes.append(Handshake(int((number(event, "t_ns") or 0.0) - start_ns), self.clock() - wall_s))


def _direction(event: Mapping[str, object]) -> str:
    return "uplink" if event.get("direction") == "UL" else "downlink"
