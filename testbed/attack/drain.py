"""X7 and X10: what a relay adds and may add, and what an attacker's frame costs a tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ampradio.mac.exchange import Delivery
from ampradio.mac.tag import TagStation
from ampradio.power.costs import load_costs
from ampradio.power.store import store_of
from ampradio.power.tag_power import TagPower
from testbed.attack.outcome import Outcome
from testbed.attack.replay import PAUSE_NS
from testbed.attack.scene import Interference, Scene
from testbed.attack.suspects import Suspect
from testbed.runner.powered_tag import PoweredTag
from testbed.runner.stations import stations_of

RELAY_NS = (100, 500, 1_000, 2_000, 5_000, 20_000)
FRAMES = 10
FULL_V = 50.0
NO_FIELD_DBM = -100.0


def relay(suspect: Suspect) -> Outcome:
    """X7: pass everything on unchanged, later by one way's delay; report the longest delay that goes unnoticed."""
    longest_ns = 0
    for delay_ns in RELAY_NS:
        scene = Scene(suspect.experiment(more=("ap.retries=0",)), interference=_later(delay_ns))
        scene.run()
        if scene.succeeded:
            longest_ns = max(longest_ns, delay_ns)
    text = f"succeeds up to {longest_ns / 1e3:g} µs each way" if longest_ns else "noticed by its delay"
    return Outcome("X7", suspect.label, longest_ns > 0, text, (("longest_delay_ns", float(longest_ns)),))


def _later(delay_ns: int) -> Interference:
    def interference(place: int, delivery: Delivery) -> Sequence[Delivery]:
        psdu, rx = delivery
        return ((psdu, replace(rx, start_ns=rx.start_ns + delay_ns, end_ns=rx.end_ns + delay_ns)),)

    return interference


def drain(suspect: Suspect) -> Outcome:
    """X10: the opening frame of an old exchange over and over; report what each costs the tag beyond listening."""
    experiment = suspect.experiment()
    stations = stations_of(experiment)
    assert isinstance(stations.tag, TagStation)
    store = store_of(experiment.profile.power, FULL_V)
    costs = load_costs("accelerator").costs
    power = TagPower(experiment.profile.power, costs, NO_FIELD_DBM, store=store)
    tag = PoweredTag(experiment.profile, stations.tag, power)
    scene = Scene(experiment, tag=tag, infrastructure=stations)
    scene.run(for_ns=1_000_000_000)
    before = dict(power.spent_j)
    first = scene.tap.of(downlink=True)[:1]
    scene.mallory.say(first * FRAMES, scene.now_ns + PAUSE_NS)
    scene.run(for_ns=1_000_000_000)
    spent_j = sum(joules - before.get(cause, 0.0) for cause, joules in power.spent_j.items() if cause != "rx")
    per_frame_j = spent_j / FRAMES
    answers = power.spent_j["tx"] > before.get("tx", 0.0)
    text = f"{per_frame_j * 1e9:.1f} nJ a frame" + (", answered" if answers else "")
    return Outcome("X10", suspect.label, answers, text, (("joules_per_frame", per_frame_j),))
