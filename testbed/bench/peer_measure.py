"""The peer and our receiver on the same packets: errors of each over Ec/N0, and where each loses one in ten."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any

from ampradio.phy.uncoded_frame import Detector
from testbed.bench import peer_chain, peer_downlink, peer_ours, peer_packets
from testbed.bench.peer_chain import Settings
from testbed.bench.peer_packets import Packets
from testbed.bench.peer_tune import LOOP_BANDWIDTHS, WIDER_BANDWIDTHS, tuned
from testbed.bench.per_curve import Point, crossing_db, rounded_db

CLOCKS_PPM = (100.0, 1000.0, 10_000.0)
PEER = "peer"


@dataclass(frozen=True)
class Link:
    """One direction: its packets, its limit, our receivers, and at which Ec/N0 they are measured.

    ``points_db`` are for all, ``further_db`` for the peer alone at the worst clock, where ours has no errors left to
    show; ``tuning_db`` is where the peer is tuned for each clock.
    """

    name: str
    packets: Callable[[float, float, int, tuple[int, ...]], Packets]
    limit_per: Callable[[float], float]
    ours: Mapping[str, Callable[[Packets], int]]
    points_db: tuple[float, ...]
    further_db: tuple[float, ...]
    tuning_db: tuple[float, ...]

    def where(self, clock_ppm: float) -> tuple[float, ...]:
        """Return the Ec/N0 in dB at which the peer is measured."""
        return self.points_db + (self.further_db if clock_ppm == CLOCKS_PPM[-1] else ())


UPLINK = Link(
    "uplink",
    peer_packets.packets,
    peer_packets.limit_per,
    {each.value: partial(peer_ours.errors, detector=each) for each in Detector},
    (9.5, 10.0, 10.5, 11.0, 11.5, 12.0),
    (13.0, 14.0, 16.0, 20.0),
    (11.3, 11.4, 13.5),
)
DOWNLINK = Link(
    "downlink",
    peer_downlink.packets,
    peer_downlink.limit_per,
    {"energy": peer_downlink.errors},
    (14.0, 14.5, 15.0, 15.5, 16.0),
    (17.0, 18.0, 19.0, 21.0),
    (14.9, 15.1, 16.5),
)
LINKS = (UPLINK, DOWNLINK)


@dataclass(frozen=True)
class Side:
    """One receiver at one clock error: points of all seeds together, and the crossing of each seed."""

    points: tuple[Point, ...]
    crossings_db: tuple[float, ...]

    @property
    def measured_db(self) -> float:
        """Ec/N0 at 10 % PER, the median of the seeds; NaN if one does not reach it."""
        return math.nan if any(map(math.isnan, self.crossings_db)) else median(self.crossings_db)

    def per_at(self, ecn0_db: float) -> float:
        """Return the packet error rate at ``ecn0_db``, straight between points; NaN outside them."""
        for low, high in zip(self.points, self.points[1:], strict=False):
            if low.ecn0_db <= ecn0_db <= high.ecn0_db:
                return low.per + (ecn0_db - low.ecn0_db) / (high.ecn0_db - low.ecn0_db) * (high.per - low.per)
        return math.nan

    def figures(self) -> dict[str, Any]:
        """Return it as it goes into ``peer.json``."""
        return {
            "measured_db": rounded_db(self.measured_db),
            "of_each_seed_db": [rounded_db(each) for each in self.crossings_db],
            "curve": [point.figures() for point in self.points],
        }


@dataclass(frozen=True)
class Comparison:
    """Both receivers of a link at one clock error, ours by each detector, and the settings that won for the peer."""

    link: str
    clock_ppm: float
    settings: Settings
    peer: Side
    ours: dict[str, Side]

    def better_db(self, detector: str) -> float:
        """Return with how much less Ec/N0 ours has 10 % PER; NaN when one of them never has."""
        return self.peer.measured_db - self.ours[detector].measured_db

    def figures(self) -> dict[str, Any]:
        """Return it as it goes into ``peer.json``."""
        return {
            "link": self.link,
            "clock_ppm": self.clock_ppm,
            "peer": self.peer.figures(),
            "ours": {detector: side.figures() for detector, side in self.ours.items()},
            "better_db": {detector: rounded_db(self.better_db(detector)) for detector in self.ours},
            "peer_settings": asdict(self.settings),
        }


def compare(which: tuple[int, float], count: int, seeds: Sequence[int], tuning: int, passes: int) -> Comparison:
    """Return both receivers of the link and at the clock ``which`` names, on ``count`` packets a seed and point.

    The peer is tuned on ``tuning`` others first, in so many ``passes``.
    """
    link, clock_ppm = LINKS[which[0]], which[1]
    bandwidths = LOOP_BANDWIDTHS if clock_ppm < CLOCKS_PPM[-1] else LOOP_BANDWIDTHS + WIDER_BANDWIDTHS
    tuning_db = link.tuning_db[CLOCKS_PPM.index(clock_ppm)]
    settings = tuned(link.packets(clock_ppm, tuning_db, tuning, (min(seeds), 1)), clock_ppm, bandwidths, passes)
    lost: dict[str, list[list[int]]] = {name: [[] for _ in seeds] for name in (PEER, *link.ours)}
    for row, seed in enumerate(seeds):
        for index, ecn0_db in enumerate(link.where(clock_ppm)):
            heard = link.packets(clock_ppm, ecn0_db, count, (seed, 2, int(clock_ppm), index))
            chips, found = peer_chain.receive(heard, settings, clock_ppm)
            lost[PEER][row].append(peer_chain.errors(heard, chips, found, settings.data_after))
            for detector, errors in link.ours.items() if ecn0_db in link.points_db else ():
                lost[detector][row].append(errors(heard))
    peer = _side(link, link.where(clock_ppm), count, lost[PEER])
    ours = {detector: _side(link, link.points_db, count, lost[detector]) for detector in link.ours}
    return Comparison(link.name, clock_ppm, settings, peer, ours)


def _side(link: Link, where: Sequence[float], count: int, lost: Sequence[Sequence[int]]) -> Side:
    crossings = tuple(crossing_db(where, [each / count for each in seed]) for seed in lost)
    together = [sum(each) for each in zip(*lost, strict=True)]
    points = (
        Point(ecn0_db, errors, count * len(lost), link.limit_per(ecn0_db))
        for ecn0_db, errors in zip(where, together, strict=True)
    )
    return Side(tuple(points), crossings)
