"""X1 and X2: recorded PPDUs again, to the tag after the honest exchange, and to the infrastructure in a new one."""

from __future__ import annotations

from ampradio.mac.tag import TagStation
from testbed.attack.mallory import Parrot
from testbed.attack.outcome import Outcome
from testbed.attack.scene import Scene, data_of, kinds
from testbed.attack.suspects import Suspect
from testbed.runner.stations import stations_of

ACTS = ("security.command", "security.downlink_data")
KEYS = ("security.provisioned", "security.keys_installed", "security.session_key")
ACTS_AGAIN, KEYS_AGAIN = "acts again", "keys installed again"
BROKEN = {ACTS_AGAIN, KEYS_AGAIN}
PAUSE_NS = 1_000_000


def downlink(suspect: Suspect) -> Outcome:
    """X1: DL frames of an honest exchange again, each alone and all in order, in its session and after a reboot."""
    first = Scene(suspect.experiment())
    first.run()
    said = len(first.tap.of(downlink=True))
    scripts = [*((index, index + 1) for index in range(said)), (0, said)]
    at_once, later = (
        {what for script in scripts for what in _again(suspect, script, reboot)} for reboot in (False, True)
    )
    text = _worst(at_once) if at_once == later else f"{_worst(at_once)}; after a reboot {_worst(later)}"
    return Outcome("X1", suspect.label, bool((at_once | later) & BROKEN), text)


def _worst(seen: set[str]) -> str:
    return ", ".join(sorted(seen & BROKEN)) or ("answers, no action" if "answers" in seen else "rejected")


def _again(suspect: Suspect, script: tuple[int, int], reboot: bool) -> set[str]:
    """Return what the tag does when it is told a part of what it was once told."""
    scene = Scene(suspect.experiment())
    scene.run()
    if reboot and isinstance(scene.tag, TagStation):
        scene.tag.power_off(scene.now_ns)
        scene.tag.power_on(scene.now_ns)
        scene.run()
    scene.mallory.say(scene.tap.of(downlink=True)[slice(*script)], scene.now_ns + PAUSE_NS)
    told = scene.run()
    heard = kinds(told, "tag")
    seen = {
        ACTS_AGAIN: bool(data_of(told, "tag", *ACTS)),
        KEYS_AGAIN: any(kind in KEYS for kind in heard),
        "answers": "tx" in heard,
    }
    return {what for what, so in seen.items() if so}


def uplink(suspect: Suspect) -> Outcome:
    """X2: every UL frame of an honest exchange again, in a new one; and once where the nonces are the old ones."""
    recorded = Scene(suspect.experiment(seed=1))
    recorded.run()
    fresh = _believed(suspect, recorded, seed=2)
    stuck = _believed(suspect, recorded, seed=1)
    if fresh:
        return Outcome("X2", suspect.label, True, "accepted")
    return Outcome("X2", suspect.label, False, "accepted if same nonce" if stuck else "rejected")


def _believed(suspect: Suspect, recorded: Scene, seed: int) -> bool:
    experiment = suspect.experiment(seed=seed)
    parrot = Parrot(recorded.tap.heard, experiment.profile)
    scene = Scene(experiment, tag=parrot, infrastructure=stations_of(experiment))
    told = scene.run()
    return bool(data_of(told, "ap", "security.uplink_data")) or "security.authenticated" in kinds(told, "ap")
