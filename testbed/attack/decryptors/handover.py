"""S5: from one SA or from device keys to the key of every later hop: the domino effect (W5.1, W5.9)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from ampradio.security import aead, primitives
from ampradio.security.handover.pos.keys import confirm_key, exclusive_or, mask_for_mn, session_keys
from ampradio.security.handover.profiles import KEY_OCTETS, MIC_OCTETS, PROTO, Delivery, HandoverParameters, Msg
from ampradio.security.secret import Secret
from ampradio.security.session import Message
from testbed.experiment import Experiment
from testbed.systems.handover import parameters_of
from testbed.systems.handover_area import HOME

_HEAD, _IDS, _NONCE = 3, 4, 16  # octets in the lite encoding
_SECURITY_HEAD = 4
_WRAPPED_IN_BLOCK = 17  # behind group 4, seq 4, node 3; then TPoS 2, life 4 (rule 26)
_WRAPPED_OCTETS = 24


def is_secret(experiment: Experiment, message: Message) -> bool:
    """Return whether this is a hop: the MN's confirmation of a key that was delivered."""
    return message.msg == Msg.CONFIRM_MN


def read(experiment: Experiment, memory: Mapping[str, bytes], messages: Sequence[Message]) -> dict[int, bytes]:
    """Return the K of every hop that can be followed, each proved right by message 5's MIC.

    ``memory`` has ``sa``, the key of the SA with the SPoS of the first hop, ``home``, that of the SA with the home, and
    node keys under ``node …``.
    """
    parameters = parameters_of(experiment)
    found: dict[int, bytes] = {}
    for (index, hop), after in _hops(messages):
        key = _delivered(experiment, parameters, memory, hop)
        if key is None or not _confirms(experiment, parameters, key, hop):
            memory = {name: octets for name, octets in memory.items() if name != "sa"}
            continue
        found[index] = key
        memory = {**memory, "sa": _next(parameters, key, hop, after)}
    return found


class Hop:
    """What was heard of one handover up to message 5."""

    def __init__(self, request: Message, response: Message, confirm: Message) -> None:
        self.request, self.response, self.confirm = request.payload, response.payload, confirm.payload
        self.station_id = request.station_id
        names = self.confirm[_HEAD : _HEAD + _IDS]
        self.mn, self.tpos = names[:2], names[2:]
        self.spos = self.request[_HEAD + 2 : _HEAD + _IDS]


def _hops(messages: Sequence[Message]) -> list[tuple[tuple[int, Hop], bytes]]:
    """Return each hop with the index of its message 5, and its message 6 (empty when that was not heard)."""
    hops: list[tuple[tuple[int, Hop], bytes]] = []
    request: Message | None = None
    response: Message | None = None
    for index, message in enumerate(messages):
        if message.msg == Msg.PREREG_REQUEST:
            request, response = message, None
        elif message.msg == Msg.PREREG_RESPONSE:
            response = message
        elif message.msg == Msg.CONFIRM_MN and request is not None and response is not None:
            hops.append(((index, Hop(request, response, message)), b""))
            request = None
        elif message.msg == Msg.CONFIRM_POS and hops:
            hops[-1] = (hops[-1][0], message.payload)
    return hops


def _legacy_nonces(hop: Hop) -> tuple[bytes, bytes]:
    nonce_n = hop.response[_HEAD + _IDS + 2 :][:_NONCE]
    return hop.request[_HEAD + _IDS :][:_NONCE], nonce_n


def _delivered(
    experiment: Experiment, parameters: HandoverParameters, memory: Mapping[str, bytes], hop: Hop
) -> bytes | None:
    if parameters.delivery is Delivery.REMEDY_2:
        wrapped = hop.response[_HEAD + _WRAPPED_IN_BLOCK :][:_WRAPPED_OCTETS]
        opened = (primitives.aes_unwrap(key, wrapped) for key in memory.values())
        return next((key for key in opened if key is not None), None)
    base = memory.get("home" if hop.spos == HOME else "sa")
    if base is None:
        return None
    if parameters.delivery is Delivery.LEGACY:
        nonce_t, nonce_n = _legacy_nonces(hop)
        masked = hop.response[_HEAD + _IDS + 2 + _NONCE :][:KEY_OCTETS]
        return exclusive_or(masked, mask_for_mn(parameters, Secret(base), hop.tpos, nonce_t, nonce_n))
    security = hop.response[_HEAD:]
    nonce = (b"\0" + security[:_SECURITY_HEAD]).ljust(primitives.CCM_NONCE_OCTETS, b"\0")
    aad = _aad(experiment, parameters, hop, Msg.PREREG_RESPONSE) + hop.response[:_HEAD] + hop.spos + hop.mn
    plain = aead.ccm_open(base, nonce, security[_SECURITY_HEAD:], aad)
    return None if plain is None else plain[2 : 2 + KEY_OCTETS]


def _confirms(experiment: Experiment, parameters: HandoverParameters, key: bytes, hop: Hop) -> bool:
    """Return whether message 5 was made with this K."""
    body, mic = hop.confirm[:-MIC_OCTETS], hop.confirm[-MIC_OCTETS:]
    if parameters.hardened:
        under = confirm_key(parameters, Secret(key), body[_HEAD + _IDS :])
    else:
        under = session_keys(parameters, Secret(key), _legacy_nonces(hop), hop.mn, hop.tpos).miak
    aad = _aad(experiment, parameters, hop, Msg.CONFIRM_MN)
    return primitives.aes_cmac(under.expose(), aad + body, MIC_OCTETS) == mic


def _next(parameters: HandoverParameters, key: bytes, hop: Hop, answer: bytes) -> bytes:
    """Return the key of the SA that follows a hop."""
    if not parameters.hardened:
        return session_keys(parameters, Secret(key), _legacy_nonces(hop), hop.mn, hop.tpos).miak.expose()
    nonces = hop.confirm[_HEAD + _IDS :][:_NONCE], answer[_HEAD + _IDS :][:_NONCE]
    return session_keys(parameters, Secret(key), nonces, hop.mn, hop.tpos).miek.expose()


def _aad(experiment: Experiment, parameters: HandoverParameters, hop: Hop, msg: Msg) -> bytes:
    mac = experiment.profile.mac
    control = mac.type_authentication | 1 << mac.protected_bit
    return struct.pack("<BHBB", control, hop.station_id, PROTO << 5 | msg, int(parameters.prof))
