"""S4: from a PSK and a recorded 4-way handshake to TK and the data under it (W4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ampradio.security.journal import RefusedError
from ampradio.security.prf import hmac_sha1
from ampradio.security.primitives import aes_cmac
from ampradio.security.rsna.infrastructure.keys import PairwiseKey, pairwise_key
from ampradio.security.rsna.infrastructure.protection import HEAD_OCTETS, FrameAround, unseal
from ampradio.security.rsna.profiles import AKMS_SHA1, MIC_OCTETS, NONCE_OCTETS, Msg
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from testbed.experiment import Experiment
from testbed.systems.rsna import parameters_of

_NONCE_AT, _MIC_AT = 17, 81  # in an EAPOL-Key frame (12.7.2)
_CCM_TAG_OCTETS = 8


def is_secret(experiment: Experiment, message: Message) -> bool:
    """Return whether a message carries data under TK."""
    data = message.msg in (Msg.DATA_DOWN, Msg.DATA_UP)
    return data and len(message.payload) > HEAD_OCTETS + _CCM_TAG_OCTETS


def read(experiment: Experiment, memory: Mapping[str, bytes], messages: Sequence[Message]) -> dict[int, bytes]:
    """Return the data of messages in the full encoding; ``memory`` has ``pmk``, or ``tk`` of the session alone."""
    parameters = parameters_of(experiment)
    aa, spa = experiment.ap.address, experiment.tags[0].address
    found: dict[int, bytes] = {}
    anonce = b""
    tk = Secret(memory["tk"]) if "tk" in memory else None
    for index, message in enumerate(messages):
        if message.msg == Msg.PAIRWISE_1:
            anonce = nonce_of(message)
        elif message.msg == Msg.PAIRWISE_2 and "pmk" in memory:
            key = handshake_key(experiment, memory["pmk"], anonce, message)
            tk = None if key is None else key.tk
        elif message.msg in (Msg.DATA_DOWN, Msg.DATA_UP) and tk is not None:
            around = FrameAround(experiment.profile.mac, int(parameters.prof), message.station_id, Msg(message.msg))
            sender = aa if message.msg == Msg.DATA_DOWN else spa
            try:
                found[index] = unseal(tk, sender, message.payload, 0, around)[1]
            except RefusedError:
                continue
    return found


def nonce_of(message: Message) -> bytes:
    """Return the nonce of an EAPOL-Key frame."""
    return message.payload[_NONCE_AT : _NONCE_AT + NONCE_OCTETS]


def handshake_key(experiment: Experiment, pmk: bytes, anonce: bytes, second: Message) -> PairwiseKey | None:
    """Return the PTK of a handshake if message 2's MIC says that this is its PMK, else None (X13)."""
    akm = experiment.security.rsna.akm
    addresses = experiment.ap.address, experiment.tags[0].address
    key = pairwise_key(akm, Secret(pmk), *addresses, anonce, nonce_of(second))
    frame, end = second.payload, _MIC_AT + MIC_OCTETS
    unsigned = frame[:_MIC_AT] + bytes(MIC_OCTETS) + frame[end:]
    mac = hmac_sha1 if akm in AKMS_SHA1 else aes_cmac
    return key if mac(key.kck.expose(), unsigned)[:MIC_OCTETS] == frame[_MIC_AT:end] else None
