"""S1: from ROOT or a PMK1 to the data of every exchange that was recorded (W1.3, W1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ampradio.security.amp.infrastructure.keys import pmk1_of, transient_key
from ampradio.security.amp.infrastructure.messages import SecResponse, SecTrigger
from ampradio.security.amp.infrastructure.protection import Protection, transcript
from ampradio.security.amp.profiles import TRIGGER_OCTETS, AmpParameters, Msg
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from testbed.experiment import Experiment
from testbed.systems.amp import parameters_of

_FLAGS_AND_PN = 2


def is_secret(experiment: Experiment, message: Message) -> bool:
    """Return whether a message carries encrypted data."""
    parameters = parameters_of(experiment)
    if message.msg == Msg.SEC_RESPONSE:
        return len(message.payload) > 1 + parameters.nonce_octets + parameters.mic_octets
    return message.msg in (Msg.SEC_CONFIRM, Msg.SEC_ACK) and len(message.payload) > (
        _FLAGS_AND_PN + parameters.mic_octets
    )


def read(experiment: Experiment, memory: Mapping[str, bytes], messages: Sequence[Message]) -> dict[int, bytes]:
    """Return the data; ``memory`` has ``root``, or ``pmk1`` of this AP. A wrong key shows by frame 2's MIC."""
    parameters = parameters_of(experiment)
    found: dict[int, bytes] = {}
    trigger: SecTrigger | None = None
    at_work: Protection | None = None
    for index, message in enumerate(messages):
        if message.msg == Msg.SEC_TRIGGER:
            trigger, at_work = _trigger(parameters, message.payload), None
        elif message.msg == Msg.SEC_RESPONSE and trigger is not None:
            try:
                at_work, found[index] = _begin(experiment, parameters, memory, trigger, message)
            except RefusedError:
                at_work = None
        elif message.msg in (Msg.SEC_CONFIRM, Msg.SEC_ACK) and at_work is not None:
            data = message.payload[_FLAGS_AND_PN : -parameters.mic_octets]
            found[index] = at_work.crypt(Msg(message.msg), message.payload[1], data)
    return found


def _trigger(parameters: AmpParameters, payload: bytes) -> SecTrigger:
    nonce_end = TRIGGER_OCTETS + parameters.nonce_octets
    modifier_end = nonce_end + parameters.modifier_octets
    fields = payload[TRIGGER_OCTETS:nonce_end], payload[nonce_end:modifier_end], payload[modifier_end:]
    return SecTrigger(payload[:TRIGGER_OCTETS], *fields)


def _begin(
    experiment: Experiment,
    parameters: AmpParameters,
    memory: Mapping[str, bytes],
    trigger: SecTrigger,
    message: Message,
) -> tuple[Protection, bytes]:
    aa, spa = experiment.ap.address, experiment.tags[0].address
    response = SecResponse.parse(message.payload, parameters)
    held = memory.get("pmk1")
    pmk1 = pmk1_of(Secret(memory["root"]), trigger.modifier, aa) if held is None else Secret(held)
    key = transient_key(pmk1, aa, spa, trigger.anonce, response.snonce)
    covered = transcript(parameters, trigger, response.snonce)
    protection = Protection(experiment.profile.mac, parameters, message.station_id, spa, key, covered)
    protection.verify(Msg.SEC_RESPONSE, response.unsigned, response.mic)
    return protection, protection.crypt(Msg.SEC_RESPONSE, 0, response.data)
