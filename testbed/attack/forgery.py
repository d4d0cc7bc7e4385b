"""X14: forged uplink messages with random MICs, online: how many are believed (W1.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from ampradio.mac.exchange import Delivery
from ampradio.mac.sessions import ApSession
from ampradio.phy.theory import wilson_interval
from ampradio.security.amp import AmpAuthenticator
from ampradio.security.amp.profiles import TRIGGER_OCTETS
from ampradio.security.amp.profiles import Msg as AmpMsg
from ampradio.security.session import Message
from testbed.attack.captured import messages_of
from testbed.attack.outcome import Outcome
from testbed.attack.scene import Scene
from testbed.attack.suspects import STATION_ID, Suspect
from testbed.runner.stations import stations_of
from testbed.seeds import generator_for
from testbed.systems import ends_of
from testbed.systems.aiot import parameters_of as aiot_parameters_of
from testbed.systems.amp import PROF
from testbed.systems.provisioning import parameters_of as provisioning_parameters_of

SHORTEST_OCTETS = 2
TRIALS_SHORT = 1 << 18
"""With MICs of two octets, four forgeries are believed of so many on average."""
TRIALS_LONG = 2_000
BELIEVED = frozenset({"uplink_data", "authenticated", "keys_installed", "port_opened", "reading", "signal"})
WRONG_MIC = frozenset({"bad_mic", "bad_icv"})


def online(suspect: Suspect, trials_short: int = TRIALS_SHORT, trials_long: int = TRIALS_LONG) -> Outcome:
    """X14: report the share of forgeries that are believed, with its Wilson interval, beside 2^-8·len.

    S1 is asked for its shortest MIC, the others stand as they are. Broken when a forgery was believed.
    """
    if suspect.system == "amp":
        octets, accepted, trials = SHORTEST_OCTETS, _short(suspect, trials_short), trials_short
    else:
        octets, accepted, trials = _withheld(suspect, trials_long)
    if trials == 0:
        return Outcome("X14", suspect.label, False, "the last reply has no MIC of its own")
    low, high = wilson_interval(accepted, trials)
    predicted = 2.0 ** (-8 * octets)
    text = f"MIC of {octets}: {accepted} of {trials} accepted, {low:.1e}…{high:.1e}; 2^-{8 * octets} = {predicted:.1e}"
    figures = {
        "mic_octets": octets,
        "trials": trials,
        "accepted": accepted,
        "low": low,
        "high": high,
        "predicted": predicted,
    }
    return Outcome(
        "X14", suspect.label, accepted > 0, text, tuple((name, float(value)) for name, value in figures.items())
    )


def _short(suspect: Suspect, trials: int) -> int:
    """S1 with a MIC of two octets: each forgery answers a SEC-TRIGGER of its own, as an ANonce is used once."""
    experiment = suspect.experiment(more=(f"security.amp.mic_octets={SHORTEST_OCTETS}",))
    ap = cast(AmpAuthenticator, ends_of(experiment).work[0].session)
    prof, payload_octets = int(PROF[suspect.variant]), 1 + experiment.security.amp.nonce_octets + SHORTEST_OCTETS
    guesses = generator_for(experiment.seed, "attack.forgery").bytes(trials * payload_octets)
    trigger = bytes(TRIGGER_OCTETS)
    accepted = 0
    flags = b"\1" if experiment.security.amp.encrypt else b"\0"
    for trial in range(trials):
        ap.begin(STATION_ID, trigger)
        ap.messages_to_send(0)
        guess = flags + guesses[trial * payload_octets + 1 : (trial + 1) * payload_octets]
        ap.receive(Message(1, AmpMsg.SEC_RESPONSE, prof, STATION_ID, guess), 0)
        accepted += any(event.kind == "authenticated" for event in ap.events())
        ap.messages_to_send(0)
        ap.end_of_slot(STATION_ID, 0)
        ap.events()
    return accepted


@dataclass
class _Target:
    """The last uplink message of an honest run: the attacker withholds it and tries its own in its place."""

    place: int
    message: Message
    mic_octets: int


def with_the_right_mic(suspect: Suspect) -> bool:
    """Return whether the message whose MIC is forged is believed with its own: whether the attack aims right."""
    target = _target(suspect)
    return _tried(suspect, replace(target, mic_octets=0), 1) == (1, 1)


def _withheld(suspect: Suspect, trials: int) -> tuple[int, int, int]:
    """Return the MIC's octets, how many forgeries were believed, and how many the session listened to."""
    target = _target(suspect)
    tried, accepted = _tried(suspect, target, trials)
    return target.mic_octets, accepted, tried


def _tried(suspect: Suspect, target: _Target, trials: int) -> tuple[int, int]:
    """Return how many forgeries were listened to and how many believed."""
    experiment = suspect.experiment(more=("ap.retries=0",))
    stations = stations_of(experiment)
    session = stations.ends.work[-1].session
    tried = accepted = 0

    def interference(place: int, delivery: Delivery) -> Sequence[Delivery]:
        nonlocal tried, accepted
        if place != target.place:
            return (delivery,)
        if tried == 0:
            tried, accepted = _forge(session, target, trials, delivery[1].end_ns)
        return ()

    Scene(experiment, tag=stations.tag, infrastructure=stations, interference=interference).run()
    return tried, accepted


def _target(suspect: Suspect) -> _Target:
    honest = Scene(suspect.experiment())
    honest.run()
    mac = suspect.experiment().profile.mac
    place = max(at for at, each in enumerate(honest.tap.heard) if not each.tx.vector.kind.is_downlink)
    message = messages_of(mac, honest.tap.heard[: place + 1])[-1]
    return _Target(place, message, _mic_octets(suspect, message))


def _mic_octets(suspect: Suspect, message: Message) -> int:
    experiment = suspect.experiment()
    if suspect.system == "provisioning":
        return provisioning_parameters_of(experiment).data_tag_octets
    if suspect.system == "aiot":
        policy = experiment.security.aiot.policy
        policy = aiot_parameters_of(experiment).policy_floor if policy & 0x40 else policy
        return (0, 4, 8, 16)[policy >> 4 & 3] if policy & 0x06 else 0
    return 8  # CCM of S4's data, CCM or MIC5 of S5


def _forge(session: ApSession, target: _Target, trials: int, now_ns: int) -> tuple[int, int]:
    """Say forgeries until one is believed, or for another reason than its MIC not even looked at."""
    rng = np.random.default_rng(14)
    body = target.message.payload[: len(target.message.payload) - target.mic_octets]
    session.events()
    for tried in range(trials):
        session.receive(replace(target.message, payload=body + rng.bytes(target.mic_octets)), now_ns)
        told = session.events()
        if any(event.kind in BELIEVED for event in told):
            return tried + 1, 1
        if not any(event.detail.get("reason") in WRONG_MIC for event in told if event.kind == "refused"):
            return tried, 0
    return trials, 0
