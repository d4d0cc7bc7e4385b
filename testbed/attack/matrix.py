"""The outcome matrix: every attack on every system and variant, each cell by running it (protocols page 8.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from testbed.attack import drain, impostor, linkage, outage, replay, tamper
from testbed.attack.outcome import Outcome
from testbed.attack.suspects import SUSPECTS, Suspect

ATTACKS: dict[str, Callable[[Suspect], Outcome]] = {
    "X1": replay.downlink,
    "X2": replay.uplink,
    "X3": tamper.octets,
    "X4": tamper.order,
    "X5": impostor.gateway,
    "X6": impostor.tag,
    "X7": drain.relay,
    "X9": linkage.linkability,
    "X10": drain.drain,
    "X11": outage.outages,
}
TITLES = {
    "X1": "replay of downlink frames",
    "X2": "replay of uplink frames",
    "X3": "one octet changed",
    "X4": "lost, doubled, held back",
    "X5": "rogue gateway",
    "X6": "rogue tag",
    "X7": "relay",
    "X9": "two captures, one tag?",
    "X10": "energy of an attacker's frame",
    "X11": "power fails at any point",
}


def cells(attacks: Iterable[str] = ATTACKS, suspects: Iterable[Suspect] = SUSPECTS) -> Iterator[Outcome]:
    """Run the attacks on the systems, one after the other, and yield what became of each."""
    chosen = tuple(suspects)
    for attack in attacks:
        for suspect in chosen:
            yield ATTACKS[attack](suspect)
