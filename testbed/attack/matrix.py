"""The outcome matrix: every attack on every system and variant, each cell by running it (protocols page 8.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from testbed.attack import compromise, downgrade, drain, forgery, guess, impostor, linkage, outage, replay, tamper
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
    "X8": downgrade.downgrade,
    "X9": linkage.linkability,
    "X10": drain.drain,
    "X11": outage.outages,
    "X12": compromise.memory,
    "X13": guess.offline,
    "X14": forgery.online,
}
QUICK: dict[str, Callable[[Suspect], Outcome]] = {
    "X3": partial(tamper.octets, step=4),
    "X14": partial(forgery.online, trials_short=1 << 15),
}
"""What `amp compare` does in place of the long ones: every fourth octet, fewer forgeries."""
TITLES = {
    "X1": "replay of downlink frames",
    "X2": "replay of uplink frames",
    "X3": "one octet changed",
    "X4": "lost, doubled, held back",
    "X5": "rogue gateway",
    "X6": "rogue tag",
    "X7": "relay",
    "X8": "downgrade",
    "X9": "two captures, one tag?",
    "X10": "energy of an attacker's frame",
    "X11": "power fails at any point",
    "X12": "memory read by somebody",
    "X13": "key guessed offline",
    "X14": "MIC forged online",
}


def cells(attacks: Iterable[str] = ATTACKS, suspects: Iterable[Suspect] = SUSPECTS) -> Iterator[Outcome]:
    """Run the attacks on the systems, one after the other, and yield what became of each."""
    chosen = tuple(suspects)
    for attack in attacks:
        for suspect in chosen:
            yield ATTACKS[attack](suspect)
