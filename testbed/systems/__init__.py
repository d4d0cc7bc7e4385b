"""The five security systems as an experiment runs them: enrolled by the testbed, plugged into the same stations."""

from __future__ import annotations

from collections.abc import Callable

from testbed.experiment.plan import Experiment
from testbed.systems import aiot, amp, handover, provisioning, rsna
from testbed.systems.ends import Ends

__all__ = ["Ends", "ends_of"]

_SYSTEMS: dict[str, Callable[[Experiment], Ends]] = {
    "amp": amp.ends,
    "provisioning": provisioning.ends,
    "aiot": aiot.ends,
    "rsna": rsna.ends,
    "handover": handover.ends,
}


def ends_of(experiment: Experiment) -> Ends:
    """Return both ends of the experiment's security system, and what the AP is to do with them."""
    return _SYSTEMS[experiment.security.system](experiment)
