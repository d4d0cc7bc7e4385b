"""The peer and our receiver on the same packets: errors of each over Ec/N0, and where each loses one in ten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from ampradio.phy.uncoded_frame import Detector
from testbed.bench import peer_chain, peer_ours
from testbed.bench.peer_chain import Settings
from testbed.bench.peer_packets import limit_per, packets
from testbed.bench.peer_tune import LOOP_BANDWIDTHS, WIDER_BANDWIDTHS, tuned
from testbed.bench.per_curve import Point, crossing_db, rounded_db

CLOCKS_PPM = (100.0, 1000.0, 10_000.0)
# Ec/N0 at which both are measured, those at which only the peer still has errors to show, and where it is tuned.
POINTS_DB = (9.5, 10.0, 10.5, 11.0, 11.5, 12.0)
FURTHER_DB = {100.0: (), 1000.0: (), 10_000.0: (13.0, 14.0, 16.0, 20.0)}
TUNING_DB = {100.0: 11.3, 1000.0: 11.4, 10_000.0: 13.5}
PEER = "peer"


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
    """Both receivers at one clock error, ours by each of its detectors, and the settings that won for the peer."""

    clock_ppm: float
    settings: Settings
    peer: Side
    ours: dict[Detector, Side]

    def better_db(self, detector: Detector) -> float:
        """Return with how much less Ec/N0 ours has 10 % PER; NaN when one of them never has."""
        return self.peer.measured_db - self.ours[detector].measured_db

    def figures(self) -> dict[str, Any]:
        """Return it as it goes into ``peer.json``."""
        return {
            "clock_ppm": self.clock_ppm,
            "peer": self.peer.figures(),
            "ours": {detector.value: side.figures() for detector, side in self.ours.items()},
            "better_db": {detector.value: rounded_db(self.better_db(detector)) for detector in self.ours},
            "peer_settings": asdict(self.settings),
        }


def compare(clock_ppm: float, count: int, seeds: Sequence[int], tuning: int) -> Comparison:
    """Return both receivers on ``count`` packets a seed and point; the peer is tuned on ``tuning`` others first."""
    bandwidths = LOOP_BANDWIDTHS if clock_ppm < CLOCKS_PPM[-1] else LOOP_BANDWIDTHS + WIDER_BANDWIDTHS
    settings = tuned(clock_ppm, TUNING_DB[clock_ppm], tuning, (min(seeds), 1), bandwidths)
    lost: dict[str | Detector, list[list[int]]] = {name: [[] for _ in seeds] for name in (PEER, *Detector)}
    for row, seed in enumerate(seeds):
        for index, ecn0_db in enumerate(POINTS_DB + FURTHER_DB[clock_ppm]):
            heard = packets(clock_ppm, ecn0_db, count, (seed, 2, int(clock_ppm), index))
            chips, found = peer_chain.receive(heard, settings, clock_ppm)
            lost[PEER][row].append(peer_chain.errors(heard, chips, found, settings.data_after))
            for detector in Detector if ecn0_db in POINTS_DB else ():
                lost[detector][row].append(peer_ours.errors(heard, detector))
    peer = _side(POINTS_DB + FURTHER_DB[clock_ppm], count, lost[PEER])
    ours = {detector: _side(POINTS_DB, count, lost[detector]) for detector in Detector}
    return Comparison(clock_ppm, settings, peer, ours)


def _side(where: Sequence[float], count: int, lost: Sequence[Sequence[int]]) -> Side:
    crossings = tuple(crossing_db(where, [each / count for each in seed]) for seed in lost)
    together = [sum(each) for each in zip(*lost, strict=True)]
    points = (
        Point(ecn0_db, errors, count * len(lost), limit_per(ecn0_db))
        for ecn0_db, errors in zip(where, together, strict=True)
    )
    return Side(tuple(points), crossings)
