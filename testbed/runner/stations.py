"""The stations of an experiment: an AP with its work, a tag with its readings, and the security system they share."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.ap import ApStation
from ampradio.mac.rounds import ApSettings
from ampradio.mac.tag import TagStation
from testbed.experiment import Experiment
from testbed.seeds import generator_for
from testbed.systems import Ends, ends_of


@dataclass(frozen=True)
class Stations:
    """Both stations, and the ends of the security system that they carry."""

    ap: ApStation
    tag: TagStation
    ends: Ends


def stations_of(experiment: Experiment) -> Stations:
    """Return the stations of a simulated run; every nonce comes from the run's seed."""
    profile, tag = experiment.profile, experiment.tags[0]
    ends = ends_of(experiment)
    settings = ApSettings(
        experiment.ap.station_id,
        experiment.ap.downlink_rate_bps,
        experiment.ap.uplink_rate_bps,
        seed_index=experiment.ap.seed_index,
    )
    access = generator_for(experiment.seed, "mac.tag.access")
    return Stations(
        ApStation(profile, settings, ends.work),
        TagStation(profile, tag.station_id, ends.tag, access),
        ends,
    )
