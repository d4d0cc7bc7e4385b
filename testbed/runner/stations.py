"""The stations of an experiment: an AP with its work, a tag with its readings, and the security system they share."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.ap import ApStation
from ampradio.mac.rounds import LISTEN_MARGIN_NS, SLOT_SLACK_NS, START_NS, ApSettings
from ampradio.mac.tag import TagStation
from ampradio.power.costs import CostTable
from ampradio.power.tag_power import TagPower
from ampradio.vectors import PpduKind
from testbed.experiment import Experiment
from testbed.runner.powered_tag import PoweredTag
from testbed.runner.stretched import stretched_ends
from testbed.seeds import generator_for
from testbed.systems import Ends, ends_of

RADIO_CLOCKS_PPM = 50  # of two PlutoSDRs, 25 each


@dataclass(frozen=True)
class Stations:
    """Both stations, and the ends of the security system that they carry."""

    ap: ApStation
    tag: TagStation | PoweredTag
    ends: Ends
    costs: CostTable | None = None

    @property
    def energy(self) -> dict[str, object] | None:
        """What the tag has spent by cause, None for a tag that never runs dry."""
        if not isinstance(self.tag, PoweredTag):
            return None
        power = self.tag.power
        return {
            "spent_j": dict(sorted(power.spent_j.items())),
            "compute_ns": round(power.compute_ns),
            "brown_outs": power.brown_outs,
            "stored_v": power.store.volts(power.energy_j),
            "costs": "" if self.costs is None else self.costs.name,
            "placeholders": [] if self.costs is None else list(self.costs.placeholders),
        }


def stations_of(experiment: Experiment, ends: Ends | None = None) -> Stations:
    """Return the stations of a simulated run; every nonce comes from the run's seed.

    ``ends`` replaces those that the experiment describes, where there is more work to do.
    """
    profile, tag = experiment.profile, experiment.tags[0]
    ends = ends or ends_of(experiment)
    ends = stretched_ends(ends, experiment.slowness)
    settings = _settings(experiment)
    access = generator_for(experiment.seed, "mac.tag.access")
    station = TagStation(profile, tag.station_id, ends.tag, access, bistatic=experiment.ap.bistatic)
    costs = None if experiment.power is None else experiment.power.costs
    return Stations(ApStation(profile, settings, ends.work), _powered(experiment, station), ends, costs)


def _settings(experiment: Experiment) -> ApSettings:
    """Return how the AP sends; where spaces are stretched it allows for what two radios' clocks drift apart in one."""
    stretched = experiment.time_scale > 1
    drift_ns = round(RADIO_CLOCKS_PPM * 1e-6 * experiment.profile.timing.amp_sifs_ns) if stretched else 0
    return ApSettings(
        experiment.ap.station_id,
        experiment.ap.downlink_rate_bps,
        experiment.ap.uplink_rate_bps,
        seed_index=experiment.ap.seed_index,
        uplink=_uplink(experiment),
        upper_half=experiment.energizer.half == "upper",
        start_ns=START_NS * experiment.time_scale,
        slot_slack_ns=SLOT_SLACK_NS + drift_ns,
        listen_margin_ns=LISTEN_MARGIN_NS + drift_ns,
    )


def _uplink(experiment: Experiment) -> PpduKind:
    if experiment.ap.bistatic:
        return PpduKind.UL_BISTATIC
    return PpduKind.UL_MONO_STATIC if experiment.ap.mono_static else PpduKind.UL_ACTIVE


def _powered(experiment: Experiment, station: TagStation) -> TagStation | PoweredTag:
    plan = experiment.power
    if plan is None:
        return station
    power = TagPower(experiment.profile.power, plan.costs.costs, plan.incident_dbm, store=plan.store)
    return PoweredTag(experiment.profile, station, power)
