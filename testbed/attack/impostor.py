"""X5 and X6: a gateway, and a tag, that know everything but the key."""

from __future__ import annotations

from testbed.attack.outcome import Outcome
from testbed.attack.replay import ACTS
from testbed.attack.scene import Scene, data_of, kinds
from testbed.attack.suspects import OTHER_PSK, Suspect
from testbed.runner.stations import stations_of


def gateway(suspect: Suspect) -> Outcome:
    """X5: an infrastructure with another key and the same names; broken when the tag believes it or acts for it."""
    rogue = stations_of(suspect.experiment(psk=OTHER_PSK))
    scene = Scene(suspect.experiment(), infrastructure=rogue)
    told = scene.run()
    heard = kinds(told, "tag")
    if data_of(told, "tag", *ACTS):
        return Outcome("X5", suspect.label, True, "accepted, acts")
    if "security.authenticated" in heard or "security.provisioned" in heard:
        return Outcome("X5", suspect.label, True, "accepted")
    return Outcome("X5", suspect.label, False, "answers, no action" if "tx" in heard else "rejected")


def tag(suspect: Suspect) -> Outcome:
    """X6: a tag with another key and the same names; broken when the infrastructure believes it."""
    rogue = stations_of(suspect.experiment(psk=OTHER_PSK)).tag
    scene = Scene(suspect.experiment(), tag=rogue)
    told = scene.run()
    believed = "security.authenticated" in kinds(told, "ap") or data_of(told, "ap", "security.uplink_data")
    return Outcome("X6", suspect.label, bool(believed), "accepted" if believed else "rejected")
