"""How probably an exchange completes: against the SNR, and against the power that the tag harvests.

Many runs in virtual time. A frame is lost with the probability that theory gives its receiver (perfect sync, no channel
but noise): energies compared over the whole band at the tag, the union bound of the soft decoder at the AP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ampradio.mac.exchange import Delivery, Exchange, Transmission, perfect_link
from ampradio.phy.theory import ber_energy, per, per_coded, wilson_interval
from ampradio.profile.model import Profile
from testbed.attack.suspects import Suspect
from testbed.compare.columns import column
from testbed.runner.powered_tag import PoweredTag
from testbed.runner.stations import stations_of
from testbed.seeds import generator_for

NS_PER_MS = 1e6


@dataclass(frozen=True)
class Point:
    """One point of a curve with its Wilson interval."""

    label: str
    over: str
    value: float
    completed: int
    runs: int
    low: float
    high: float


def against_snr(path: Path, suspect: Suspect, snr_db: float, runs: int) -> Point:
    """Return how many of ``runs`` exchanges complete at this SNR both ways; the tag has all the energy it wants."""
    completed = sum(_completes(path, suspect, seed, snr_db, None) for seed in range(1, runs + 1))
    return _point(suspect, "snr_db", snr_db, completed, runs)


def against_power(path: Path, suspect: Suspect, incident_dbm: float, runs: int) -> Point:
    """Return how many complete with this RF power at the tag.

    Each run meets the store somewhere between off and on, and its AP pauses half to one and a half times as long as the
    experiment says: a fixed pause would beat with the time that a charge takes.
    """
    completed = sum(_completes(path, suspect, seed, None, incident_dbm) for seed in range(1, runs + 1))
    return _point(suspect, "incident_dbm", incident_dbm, completed, runs)


def _point(suspect: Suspect, over: str, value: float, completed: int, runs: int) -> Point:
    low, high = wilson_interval(completed, runs)
    return Point(suspect.label, over, value, completed, runs, float(low), float(high))


def _completes(path: Path, suspect: Suspect, seed: int, snr_db: float | None, incident_dbm: float | None) -> bool:
    energy = () if incident_dbm is None else (f"power.incident_dbm={incident_dbm}",)
    experiment = column(path, suspect, seed, *energy)
    if energy:
        pause_ms = experiment.ap.retry_pause_ns / NS_PER_MS * (0.5 + generator_for(seed, "compare.pause").random())
        experiment = column(path, suspect, seed, *energy, f"ap.retry_pause_ms={pause_ms:.3f}")
    stations = stations_of(experiment)
    if isinstance(stations.tag, PoweredTag):
        power = stations.tag.power
        share = generator_for(seed, "compare.store").random()
        power.energy_j = power.store.off_j + share * power.store.usable_j
    rng = generator_for(seed, "compare.loss")

    def link(transmission: Transmission, receiver: str, others: Sequence[Transmission]) -> Sequence[Delivery]:
        lost = snr_db is not None and rng.random() < _loss(experiment.profile, transmission, snr_db)
        return () if lost else perfect_link(transmission, receiver, others)

    Exchange(experiment.profile, {"ap": stations.ap}, {"tag": stations.tag}, link).run(experiment.max_air_time_ns)
    return stations.ap.finished and stations.ap.succeeded


def _loss(profile: Profile, transmission: Transmission, snr_db: float) -> float:
    vector = transmission.tx.vector
    return _per(profile.name, vector.kind.is_downlink, vector.rate_bps, 8 * len(transmission.tx.psdu), snr_db, profile)


@lru_cache(maxsize=4096)
def _cached(key: tuple[str, bool, int, int, float], chip_samples: float) -> float:
    _, downlink, _, bits, snr_db = key
    gamma = 10 ** (snr_db / 10) * chip_samples
    if downlink:
        return float(per(ber_energy(gamma, chip_samples), bits))
    return float(per_coded(gamma, bits))


def _per(name: str, downlink: bool, rate_bps: int, bits: int, snr_db: float, profile: Profile) -> float:
    rate_sps = profile.preamble.sample_rate_sps
    chips_per_bit = 2 if downlink else 4  # Manchester; on the uplink behind a code of rate 1/2
    return _cached((name, downlink, rate_bps, bits, snr_db), rate_sps / rate_bps / chips_per_bit)
