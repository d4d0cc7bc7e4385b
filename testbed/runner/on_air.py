"""What the PlutoSDRs of a run would send, by the rules of a region: shown by `--dry-run`, checked before a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from ampradio.phy.narrow import modulated
from ampradio.vectors import PpduKind
from testbed.experiment import Experiment
from testbed.regulatory import Guarded, Transmission, guard, load_region, measured
from testbed.runner.pluto_plan import PlutoPlan, is_narrow, pluto_plan
from testbed.runner.rehearsal import Rehearsal, rehearsed
from testbed.runner.reradiated import as_reradiated

SILENT = "nothing radiates: emulated, or inside the chip"


@dataclass(frozen=True)
class Outgoing:
    """What one station's radio sends: every PPDU, and what that is to the rules."""

    role: str
    centre_hz: int
    on_power_dbm: float
    duty: float
    transmission: Transmission
    guarded: Guarded


@dataclass(frozen=True)
class OnAir:
    """What a run sends, and what a region says to it."""

    rehearsal: Rehearsal
    outgoing: tuple[Outgoing, ...]
    narrow: bool
    time_scale: int

    def as_dict(self) -> dict[str, object]:
        """Return it in JSON's types."""
        return {
            "time_scale": self.time_scale,
            "narrow": self.narrow,
            "air_ns": self.rehearsal.air_ns,
            "ppdus": [
                {**asdict(each), "kind": each.kind.name, "on_air_ns": each.on_air_ns} for each in self.rehearsal.ppdus
            ],
            "stations": [
                {
                    "role": each.role,
                    "centre_hz": each.centre_hz,
                    "occupied_bandwidth_hz": round(each.transmission.occupied_bandwidth_hz),
                    "on_power_dbm": round(each.on_power_dbm, 2),
                    "eirp_dbm_at_most": round(each.transmission.eirp_dbm, 2),
                    "duty": round(each.duty, 5),
                    "allowed": each.guarded.statement,
                }
                for each in self.outgoing
            ],
        }


def on_air(experiment: Experiment) -> OnAir:
    """Return what a run over PlutoSDRs would send.

    Raises:
        RegulatoryError: it would radiate, and the region does not allow it.
        ExperimentError: the radios cannot do what the experiment wants.
    """
    rehearsal, plan = rehearsed(experiment), pluto_plan(experiment)
    region = load_region(experiment.plutos.region)
    silent = None if experiment.choice.radiates else SILENT
    roles = sorted(rehearsal.longest)
    transmissions = [_transmission(experiment, plan, rehearsal, role) for role in roles]
    allowed = guard(transmissions, region, silent)
    outgoing = tuple(
        Outgoing(role, plan.settings[role].centre_hz, plan.on_power_dbm(role), rehearsal.duty(role), each, said)
        for role, each, said in zip(roles, transmissions, allowed, strict=True)
    )
    return OnAir(rehearsal, outgoing, is_narrow(experiment), experiment.time_scale)


def _transmission(experiment: Experiment, plan: PlutoPlan, rehearsal: Rehearsal, role: str) -> Transmission:
    """Return the station's longest PPDU again and again with the run's duty: what it sends at the worst."""
    settings, tx = plan.settings[role], rehearsal.longest[role]
    samples = modulated(experiment.profile, tx.psdu, tx.vector, settings.rate_sps)
    if tx.vector.kind is PpduKind.UL_MONO_STATIC:
        samples = as_reradiated(experiment.profile, samples, settings.rate_sps)
    samples *= np.float32(plan.scale[role])
    amplitude = np.abs(samples)
    one = measured(
        samples / np.maximum(amplitude, np.float32(1)),  # as it is clipped
        settings.rate_sps,
        settings.centre_hz,
        attenuation_db=settings.tx_attenuation_db,
        antenna_gain_dbi=experiment.plutos.antenna_gain_dbi,
        repeated=True,
    )
    return Transmission(
        one.centre_hz,
        one.occupied_bandwidth_hz,
        one.on_dbfs,
        one.attenuation_db,
        one.antenna_gain_dbi,
        rehearsal.duty(role),
        None,
    )
