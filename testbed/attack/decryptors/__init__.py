"""What recorded messages say to whoever has somebody's memory: a decryptor for each system (X12, X13).

Each takes an experiment for what is public in it (addresses, lengths, variant), the octets of a memory by name, and
recorded messages; it returns by index what it could read and knows to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ampradio.security.session import Message
from testbed.attack.decryptors import aiot, amp, handover, provisioning, rsna
from testbed.experiment import Experiment

Memory = Mapping[str, bytes]
Decryptor = Callable[[Experiment, Memory, Sequence[Message]], dict[int, bytes]]

DECRYPTORS: dict[str, Decryptor] = {
    "amp": amp.read,
    "provisioning": provisioning.read,
    "aiot": aiot.read,
    "rsna": rsna.read,
    "handover": handover.read,
}
SECRETS: dict[str, Callable[[Experiment, Message], bool]] = {
    "amp": amp.is_secret,
    "provisioning": provisioning.is_secret,
    "aiot": aiot.is_secret,
    "rsna": rsna.is_secret,
    "handover": handover.is_secret,
}
"""Which messages hide something that counts: data, and in S5 a delivered key."""
