"""X12: somebody reads the memory of tag, gateway or server, and decrypts what was and what will be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ampradio.security.handover import MobileNode
from ampradio.security.session import Message
from testbed.attack.captured import messages_of
from testbed.attack.decryptors import DECRYPTORS, SECRETS
from testbed.attack.memory import ENTITIES, Memory, memory_of
from testbed.attack.outcome import Outcome
from testbed.attack.scene import LONG_NS, Scene
from testbed.attack.suspects import Suspect
from testbed.experiment import Experiment
from testbed.runner.stations import stations_of
from testbed.systems import Ends, ends_of
from testbed.systems.provisioning import ServedGateway

PAST, FUTURE = 2, 5
"""Rounds before and after the break-in; in S5 a round is a handover, so five of them follow."""
STEP_NS = 100_000
OTHER_AP = '"02:a4:50:00:00:77"'
ENCODINGS = ('security.rsna.encoding="full"', 'security.handover.encoding="lite"')
"""Of messages; what is in them does not depend on it."""


def memory(suspect: Suspect) -> Outcome:
    """X12: report for each entity the fractions of past and future secrets that its memory opens; broken if any."""
    experiment = suspect.experiment(more=_rounds())
    ends = _with_a_second_provisioning(ends_of(experiment))
    stations = stations_of(experiment, ends)
    scene = Scene(experiment, tag=stations.tag, infrastructure=stations)
    _run_until_work(scene, PAST + (suspect.system == "provisioning"))
    before = len(messages_of(experiment.profile.mac, scene.tap.heard))
    held = {entity: memory_of(entity, suspect.system, ends) for entity in ENTITIES}
    scene.run()
    messages = messages_of(experiment.profile.mac, scene.tap.heard)
    figures, parts = [], []
    for entity in ENTITIES:
        opened = _opened(suspect, experiment, held[entity], messages, before)
        past, future = (_fraction(suspect, experiment, messages, opened, part) for part in _parts(messages, before))
        figures += [(f"{entity}_past", past), (f"{entity}_future", future)]
        parts.append(f"{entity} {past:.0%} / {future:.0%}")
    text = "past / future: " + ", ".join(parts)
    if suspect.system == "amp":
        elsewhere = _at_another_ap(suspect, held["gateway"])
        figures.append(("gateway_other_ap", elsewhere))
        text += f" (another AP's {elsewhere:.0%})"
    return Outcome("X12", suspect.label, any(value for _, value in figures), text, tuple(figures))


def _rounds() -> tuple[str, ...]:
    """Return the overrides for enough rounds, every one with a command and a reading of its own."""
    numbers = range(PAST + FUTURE)
    commands, readings = ([f"{what} {number}" for number in numbers] for what in ("command", "reading"))
    return (f"ap.commands={commands}", f"tags[0].readings={readings}", *ENCODINGS)


def _with_a_second_provisioning(ends: Ends) -> Ends:
    """In S2 the tag is provisioned once more behind the break-in, its session key being the seed (W2.6)."""
    gateway = ends.work[0].session
    if not isinstance(gateway, ServedGateway) or gateway.hides_identity:
        return ends
    (record,) = gateway.store
    work = list(ends.work)
    work.insert(1 + PAST, gateway.seeded_onboarding(record.device_hash))
    return replace(ends, work=work)


def _run_until_work(scene: Scene, done: int) -> None:
    """Go on until the AP has done so much of its work and no tag is between two points of service."""
    counted, node = 0, scene.stations.ends.tag
    for until_ns in range(STEP_NS, LONG_NS, STEP_NS):
        counted += sum(who == "ap" and event.kind == "work" for who, event in scene.run(until_ns - scene.now_ns))
        moving = isinstance(node, MobileNode) and node.moving_to(scene.now_ns) is not None
        if counted >= done and not moving:
            return


def _opened(
    suspect: Suspect, experiment: Experiment, held: Memory, messages: Sequence[Message], before: int
) -> dict[int, bytes]:
    """Return what can be read of all; and of what comes after, where the memory is of use from its instant on."""
    read = DECRYPTORS[suspect.system]
    opened = read(experiment, held, messages)
    return opened | {before + index: octets for index, octets in read(experiment, held, messages[before:]).items()}


def _parts(messages: Sequence[Message], before: int) -> tuple[range, range]:
    return range(before), range(before, len(messages))


def _fraction(
    suspect: Suspect, experiment: Experiment, messages: Sequence[Message], opened: dict[int, bytes], part: range
) -> float:
    secrets = [index for index in part if SECRETS[suspect.system](experiment, messages[index])]
    truth = {*experiment.ap.commands, *experiment.tags[0].readings}
    keys = suspect.system == "handover"  # proved right by message 5's MIC
    right = [index for index in secrets if index in opened and (keys or opened[index] in truth)]
    return len(right) / len(secrets) if secrets else 0.0


def _at_another_ap(suspect: Suspect, held: Memory) -> float:
    """Return the fraction that one AP's memory opens of what the same tag says to another AP."""
    experiment = suspect.experiment(more=(*_rounds(), f"ap.address={OTHER_AP}"))
    scene = Scene(experiment)
    scene.run()
    messages = messages_of(experiment.profile.mac, scene.tap.heard)
    opened = DECRYPTORS[suspect.system](experiment, held, messages)
    return _fraction(suspect, experiment, messages, opened, range(len(messages)))
