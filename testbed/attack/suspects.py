"""The systems and variants that are attacked: the columns of the outcome matrix (protocols page 8.4)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from testbed.experiment import Experiment, experiment_of
from testbed.experiment.systems import variant_of

STATION_ID, AP_ID = 0x0234, 0x0A11
PSK = bytes(range(32))
OTHER_PSK = bytes(range(32, 64))
READINGS = ("reading 1", "reading 2")
COMMANDS = ("command 1", "command 2")


@dataclass(frozen=True)
class Suspect:
    """One column: a label, and what the experiment file says of the system."""

    label: str
    system: str
    variant: str
    settings: tuple[str, ...] = field(default=())

    def experiment(self, *, seed: int = 1, psk: bytes = PSK, more: tuple[str, ...] = ()) -> Experiment:
        """Return two rounds with the same identities whatever the seed; nonces and keys drawn in the run follow it."""
        text = f"""
name = "attack"
seed = {seed}
radio = "sim:"
max_air_time_s = 60.0
[security]
system = "{self.system}"
variant = "{self.variant}"
[ap]
address = "02:a4:50:00:00:01"
station_id = {AP_ID}
commands = {list(COMMANDS)}
[[tags]]
address = "02:a4:50:00:10:01"
station_id = {STATION_ID}
psk_hex = "{psk.hex()}"
readings = {list(READINGS)}
"""
        return experiment_of(text, Path("attack.toml"), overrides=[*self.settings, *more])


SUSPECTS = (
    Suspect("S1-2f", "amp", "literal", ("security.amp.flow=2",)),
    Suspect("S1-3f", "amp", "hardened", ("security.amp.flow=3",)),
    Suspect("S2-L", "provisioning", "literal"),
    Suspect("S2-A", "provisioning", "hardened"),
    Suspect("S3-L", "aiot", "literal"),
    Suspect("S3-H", "aiot", "hardened"),
    Suspect("S4", "rsna", "seed-order"),
    Suspect("S5-legacy", "handover", "legacy"),
    Suspect("S5-R1", "handover", "remedy-1"),
    Suspect("S5-R2", "handover", "remedy-2"),
)


def suspect_of(experiment: Experiment) -> Suspect:
    """Return the system, variant and settings of an experiment as a suspect of its own."""
    security = experiment.security
    table = getattr(security, security.system)
    values = {key: json.dumps(getattr(table, key)) for key in table.__struct_fields__}
    settings = (f"security.{security.system}.{key}={value}" for key, value in values.items() if value != "null")
    variant = variant_of(security)
    return Suspect(f"{security.system} {variant}", security.system, variant, tuple(settings))
