"""X13: keys are guessed offline, from one recorded exchange, in a search space of the attacker's choice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from ampradio.security.agreement import KEY_OCTETS as X25519_OCTETS
from ampradio.security.agreement import x25519_public
from ampradio.security.aiot.profiles import KEY_OCTETS as AIOT_KEY_OCTETS
from ampradio.security.aiot.profiles import Msg as AiotMsg
from ampradio.security.amp.profiles import Msg as AmpMsg
from ampradio.security.handover import KeyTree
from ampradio.security.handover.profiles import KEY_OCTETS as HANDOVER_KEY_OCTETS
from ampradio.security.handover.profiles import Msg as HandoverMsg
from ampradio.security.rsna.profiles import Msg as RsnaMsg
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from testbed.attack.captured import messages_of
from testbed.attack.compromise import ENCODINGS
from testbed.attack.decryptors import aiot, amp, handover, provisioning, rsna
from testbed.attack.outcome import Outcome
from testbed.attack.scene import Scene
from testbed.attack.suspects import PSK, Suspect
from testbed.experiment import Experiment
from testbed.systems import aiot as aiot_system
from testbed.systems import handover as handover_system
from testbed.systems import handover_area
from testbed.systems import provisioning as provisioning_system
from testbed.systems.ends import enrolled_secret
from testbed.systems.rsna import PSK_OCTETS as RSNA_PSK_OCTETS

SPACE = 10_000
CHOSEN = 7_319
"""Which of them a person or a factory that counts chose; the attacker does not know."""
FEW_VALUED = {"amp": "PSK", "provisioning": "serial number", "rsna": "PSK"}
"""What may come from few values; device keys of S3 and S5 are made by machines, at random."""

Oracle = Callable[[bytes], bool]


def offline(suspect: Suspect, space: int = SPACE) -> Outcome:
    """X13: try every candidate on one capture; broken when the key, or the serial number, is found.

    A key that people choose is one of the candidates, and once more a random one that is none of them.
    """
    named = FEW_VALUED.get(suspect.system)
    random_at = found(suspect, PSK, space)
    chosen_at = None if named is None else found(suspect, candidate(CHOSEN % space), space)
    figures = (("space", float(space)), ("guesses", float(space if chosen_at is None else chosen_at + 1)))
    if chosen_at is not None and random_at is None:
        text = f"{named} found after {chosen_at + 1} of {space} guesses; a random one is not"
    elif chosen_at is None and random_at is None:
        text = f"not found in {space} guesses"
    else:
        text = "a random key found"
    return Outcome("X13", suspect.label, chosen_at is not None or random_at is not None, text, figures)


def candidate(number: int) -> bytes:
    """Return what an enrolment makes of a person's number: the ``number``-th key of the search space."""
    return hashlib.sha256(f"AMP code {number}".encode()).digest()


def found(suspect: Suspect, psk: bytes, space: int) -> int | None:
    """Return which candidate the search finds when all keys of the tag come from ``psk``, None when it finds none."""
    experiment = suspect.experiment(psk=psk, more=ENCODINGS)
    scene = Scene(experiment)
    scene.run()
    oracle = _ORACLES[suspect.system](experiment, messages_of(experiment.profile.mac, scene.tap.heard))
    return next((number for number in range(space) if oracle(candidate(number))), None)


def _made(experiment: Experiment, psk: bytes, name: str, octets: int) -> bytes:
    """Return what the testbed's enrolment, which is public, makes of a PSK."""
    return enrolled_secret(replace(experiment.tags[0], psk=psk), name, octets)


def _first(messages: Sequence[Message], msg: int) -> Message:
    return next(message for message in messages if message.msg == msg)


def _amp(experiment: Experiment, messages: Sequence[Message]) -> Oracle:
    """Frames 1 and 2 are enough (W1.4)."""
    frames = (_first(messages, AmpMsg.SEC_TRIGGER), _first(messages, AmpMsg.SEC_RESPONSE))
    return lambda psk: bool(amp.read(experiment, {"root": psk}, frames))


def _provisioning(experiment: Experiment, messages: Sequence[Message]) -> Oracle:
    """One PROV is enough (W2.1), unless Z is in the PRK: the attacker has serial numbers to try, and no Z."""
    parameters = provisioning_system.parameters_of(experiment)
    prov, octets = _first(messages, parameters.messages.prov), parameters.serial_octets
    public = x25519_public(_made(experiment, experiment.tags[0].psk, "AS private key", X25519_OCTETS))
    return lambda psk: provisioning.proved_by(experiment, _made(experiment, psk, "A_SN", octets), public, prov)


def _aiot(experiment: Experiment, messages: Sequence[Message]) -> Oracle:
    """What names the device in its first message is enough, unless it is encrypted without a MAC (mode 2)."""
    paging = next((message for message in messages if message.msg in (AiotMsg.PAGING, AiotMsg.COMMAND)), None)
    assert paging is not None
    parameters = aiot_system.parameters_of(experiment)
    return lambda psk: aiot.calls(experiment, parameters, _made(experiment, psk, "K_D", AIOT_KEY_OCTETS), paging)


def _rsna(experiment: Experiment, messages: Sequence[Message]) -> Oracle:
    """Messages 1 and 2 of the 4-way handshake are enough (W4.3)."""
    anonce = rsna.nonce_of(_first(messages, RsnaMsg.PAIRWISE_1))
    second = _first(messages, RsnaMsg.PAIRWISE_2)

    def oracle(psk: bytes) -> bool:
        pmk = _made(experiment, psk, "802.11i PSK", RSNA_PSK_OCTETS)
        return rsna.handshake_key(experiment, pmk, anonce, second) is not None

    return oracle


def _handover(experiment: Experiment, messages: Sequence[Message]) -> Oracle:
    """One hop is enough: message 5 says whether K is right."""
    end = next(index for index, message in enumerate(messages) if message.msg == HandoverMsg.CONFIRM_MN)
    hop = messages[: end + 1]
    depth = handover_system.parameters_of(experiment).tree_depth
    leaf = handover_area.LEAVES[handover_area.NODE]

    def oracle(psk: bytes) -> bool:
        memory = {"sa": _made(experiment, psk, "K with the first PoS", HANDOVER_KEY_OCTETS)}
        tree = KeyTree(depth, Secret(_made(experiment, psk, "key tree", HANDOVER_KEY_OCTETS)))
        memory["node"] = tree.key((depth, leaf)).expose()
        return bool(handover.read(experiment, memory, hop))

    return oracle


_ORACLES: dict[str, Callable[[Experiment, Sequence[Message]], Oracle]] = {
    "amp": _amp,
    "provisioning": _provisioning,
    "aiot": _aiot,
    "rsna": _rsna,
    "handover": _handover,
}
