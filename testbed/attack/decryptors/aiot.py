"""S3: from K_D to every command and response (W3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ampradio.security import aead, primitives
from ampradio.security.aiot.network.keys import KeySet, key_set, session_key
from ampradio.security.aiot.network.policy import Policy
from ampradio.security.aiot.network.protection import CommandKeys, additional_data
from ampradio.security.aiot.profiles import DEFAULT_POLICY, NONCE_OCTETS, AiotParameters, IdMode, Msg
from ampradio.security.primitives import CCM_NONCE_OCTETS
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from testbed.experiment import Experiment
from testbed.systems.aiot import parameters_of

_TEMPORARY_OCTETS = 8


def is_secret(experiment: Experiment, message: Message) -> bool:
    """Return whether a message carries a payload that its policy encrypts."""
    parameters = parameters_of(experiment)
    heads = {Msg.COMMAND: parameters.command_head_octets, Msg.CMD_RSP: parameters.response_head_octets}
    head = heads.get(Msg(message.msg))
    if head is None:
        return False
    policy = Policy.read(message.payload[0]).effective(DEFAULT_POLICY)
    return policy.confidential and len(message.payload) > head + policy.mic_octets


def read(experiment: Experiment, memory: Mapping[str, bytes], messages: Sequence[Message]) -> dict[int, bytes]:
    """Return the payloads; ``memory`` has ``k_d``, or nothing, as a reader."""
    parameters, key = parameters_of(experiment), memory.get("k_d")
    found: dict[int, bytes] = {}
    if key is None:
        return found
    base, network, keys = Secret(key), b"", None
    for index, message in enumerate(messages):
        payload = message.payload
        if message.msg == Msg.PAGING:
            network = payload[:NONCE_OCTETS]
        elif message.msg == Msg.AUTH_RSP and parameters.hardened:
            base = session_key(Secret(key), network, payload[:NONCE_OCTETS])
        elif message.msg == Msg.COMMAND:
            at = 1 + parameters.counter_octets
            keys = CommandKeys(base, payload[at : at + NONCE_OCTETS], payload[1:at])
            _open(found, index, payload, parameters.command_head_octets, keys.network_nonce, keys.command())
        elif message.msg == Msg.CMD_RSP and keys is not None:
            head = parameters.response_head_octets
            nonce = payload[head - NONCE_OCTETS : head]
            _open(found, index, payload, head, nonce, keys.response(nonce))
    return found


def _open(found: dict[int, bytes], index: int, payload: bytes, head: int, nonce: bytes, keys: KeySet) -> None:
    policy = Policy.read(payload[0]).effective(DEFAULT_POLICY)
    secured = payload[head : len(payload) - policy.mic_octets]
    found[index] = primitives.aes_ctr(keys.confidentiality.expose(), nonce[:CCM_NONCE_OCTETS], secured)


def calls(experiment: Experiment, parameters: AiotParameters, key: bytes, message: Message) -> bool:
    """Return whether a PAGING or COMMAND calls the device of this K_D: what a guess is tried on (X13).

    An ID that is encrypted without a MAC (mode 2) says nothing to whoever does not know it.
    """
    at = 0 if message.msg == Msg.PAGING else 1 + parameters.counter_octets
    nonce = message.payload[at : at + NONCE_OCTETS]
    named = message.payload[at + NONCE_OCTETS :][: parameters.protected_id_octets]
    if parameters.id_mode is IdMode.ENCRYPTED:
        aad = additional_data(experiment.profile.mac, message.prof, message.station_id, Msg(message.msg))
        encryption = key_set(Secret(key), b"PG", nonce).confidentiality.expose()
        return aead.ccm_open(encryption, nonce[:CCM_NONCE_OCTETS], named, aad + nonce) is not None
    return primitives.hmac_sha256(key, b"TD" + nonce)[:_TEMPORARY_OCTETS] == named
