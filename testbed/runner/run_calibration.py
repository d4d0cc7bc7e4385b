"""What a run takes from the calibration of a radio, as the experiment's policy has it."""

from __future__ import annotations

import logging

from ampradio.radio.interface import RadioIdentity
from testbed.experiment import Experiment
from testbed.radios.calibration import Consulted, Policy, consult

_LOG = logging.getLogger(__name__)


def policy_of(experiment: Experiment) -> Policy:
    """Return the policy of the run: none where the run makes its radios, or where nothing goes by the antennas."""
    choice = experiment.choice
    return "ignore" if choice.starts_emulator or choice.loopback else experiment.plutos.calibration


def consulted(identity: RadioIdentity, centre_hz: int, policy: Policy) -> Consulted:
    """Return what may be used, and warn of what is doubtful; raises CalibrationError under the policy "refuse"."""
    found = consult(identity, centre_hz, policy)
    for warning in found.warnings:
        _LOG.warning("calibration of %s: %s", identity.serial, warning)
    return found


def consulted_for(experiment: Experiment, identity: RadioIdentity) -> Consulted:
    """Return what ``experiment`` may use of a radio's calibration; see ``consulted``."""
    centre_hz = round(experiment.plutos.centre_hz or experiment.profile.uplink.carrier_hz)
    return consulted(identity, centre_hz, policy_of(experiment))
