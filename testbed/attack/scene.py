"""Two honest ends and an attacker between them, who holds no key but hears everything and may change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ampradio.mac.events import Event
from ampradio.mac.exchange import Delivery, Exchange, Transmission, perfect_link
from ampradio.mac.station import Station
from testbed.attack.mallory import Mallory
from testbed.experiment import Experiment
from testbed.runner.stations import Stations, stations_of

LONG_NS = 60_000_000_000

Interference = Callable[[int, Delivery], Sequence[Delivery]]
"""``interference(place, delivery)`` returns what arrives instead; ``place`` counts PPDUs on the air, Acks left out."""


@dataclass
class Tap:
    """What the attacker heard: every PPDU but the Acks, in the order of sending."""

    heard: list[Transmission] = field(default_factory=list)

    def of(self, downlink: bool) -> list[Transmission]:
        """Return what went one way."""
        return [each for each in self.heard if each.tx.vector.kind.is_downlink == downlink]


class Scene:
    """One air with an AP, a tag and the attacker; it may be run again after the honest ends are done."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        tag: Station | None = None,
        infrastructure: Stations | None = None,
        interference: Interference = lambda place, delivery: (delivery,),
    ) -> None:
        """Join both ends of ``experiment``; ``tag`` or ``infrastructure`` replace one of them."""
        own = stations_of(experiment)
        self.stations = infrastructure or own
        self.tag: Station = own.tag if tag is None else tag
        self.tap = Tap()
        self.mallory = Mallory()
        self._interference = interference
        self._short_frame_octets = experiment.profile.mac.short_frame_octets
        self._exchange = Exchange(
            experiment.profile,
            {"ap": self.stations.ap, "mallory": self.mallory},
            {"tag": self.tag},
            self._link,
        )
        self._taken = 0

    @property
    def now_ns(self) -> int:
        """The air time that was reached."""
        return self._exchange.now_ns

    @property
    def succeeded(self) -> bool:
        """True when the AP has finished its work and is content."""
        return self.stations.ap.finished and self.stations.ap.succeeded

    def run(self, for_ns: int = LONG_NS) -> list[tuple[str, Event]]:
        """Run until nothing is left to happen; return what was told since the last run, and by whom."""
        told = self._exchange.run(self.now_ns + for_ns)
        fresh = told[self._taken :]
        self._taken = len(told)
        return fresh

    def _link(self, transmission: Transmission, receiver: str, others: Sequence[Transmission]) -> Sequence[Delivery]:
        if len(transmission.tx.psdu) <= self._short_frame_octets or transmission.sender == "mallory":
            return perfect_link(transmission, receiver, others)
        if transmission not in self.tap.heard:
            self.tap.heard.append(transmission)
        if receiver == "mallory":
            return ()
        place = self.tap.heard.index(transmission)
        return [new for old in perfect_link(transmission, receiver, others) for new in self._interference(place, old)]


def kinds(told: Sequence[tuple[str, Event]], who: str) -> list[str]:
    """Return the kinds of what one station told."""
    return [event.kind for name, event in told if name == who]


def data_of(told: Sequence[tuple[str, Event]], who: str, *wanted: str) -> list[bytes]:
    """Return the data of a station's events of the kinds wanted."""
    events = [event for name, event in told if name == who and event.kind in wanted]
    return [bytes.fromhex(str(event.detail["data_hex"])) for event in events if event.detail.get("data_hex")]
