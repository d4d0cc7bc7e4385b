"""S1's six messages as a tag takes them apart and puts them together (protocols page 2.4, rules 7 to 9).

Reading raises ``RefusedError`` for what does not have the layout. What a MIC covers is the payload as it came.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ampradio.security.amp.profiles import TRIGGER_OCTETS, AmpParameters
from ampradio.security.amp.refusal import Reason
from ampradio.security.journal import RefusedError

_E, _MORE_DATA, _W = 1, 2, 4
_HEAD = struct.Struct(">BB")
_UPDATE_HEAD = struct.Struct(">BBH")


@dataclass(frozen=True)
class Challenge:
    """What SEC-TRIGGER brings: ANonce, Modifier and DL data, and the whole payload for the hardened transcript."""

    payload: bytes
    anonce: bytes
    modifier: bytes
    data: bytes


@dataclass(frozen=True)
class Secured:
    """What SEC-CONFIRM or PMK-UPDATE brings: its flags, PN, and all of it but the MIC.

    ``version`` is that of PMK-UPDATE, 0 in SEC-CONFIRM; ``body`` is what follows the fields before it.
    """

    encrypted: bool
    more: bool
    wrap: bool
    pn: int
    version: int
    body: bytes
    covered: bytes
    mic: bytes


def read_trigger(payload: bytes, parameters: AmpParameters) -> Challenge:
    """Return what a SEC-TRIGGER payload holds."""
    sizes = struct.Struct(f"{TRIGGER_OCTETS}x{parameters.nonce_octets}s{parameters.modifier_octets}s")
    if len(payload) < sizes.size:
        raise RefusedError(Reason.MALFORMED.value)
    anonce, modifier = sizes.unpack_from(payload)
    return Challenge(payload, anonce, modifier, payload[sizes.size :])


def read_confirm(payload: bytes, parameters: AmpParameters) -> Secured:
    """Return what a SEC-CONFIRM payload holds."""
    covered, mic = _split(payload, parameters, _HEAD.size)
    flags, pn = _HEAD.unpack_from(covered)
    _refuse_bits(flags, _E | _MORE_DATA)
    return Secured(bool(flags & _E), bool(flags & _MORE_DATA), False, pn, 0, covered[_HEAD.size :], covered, mic)


def read_update(payload: bytes, parameters: AmpParameters) -> Secured:
    """Return what a PMK-UPDATE payload holds."""
    covered, mic = _split(payload, parameters, _UPDATE_HEAD.size)
    flags, pn, version = _UPDATE_HEAD.unpack_from(covered)
    _refuse_bits(flags, _E | _W)
    wrap, body = bool(flags & _W), covered[_UPDATE_HEAD.size :]
    if len(body) != parameters.update_content_octets(wrap):
        raise RefusedError(Reason.MALFORMED.value)
    return Secured(bool(flags & _E), False, wrap, pn, version, body, covered, mic)


def response(encrypted: bool, more: bool, snonce: bytes, data: bytes) -> bytes:
    """Return SEC-RESPONSE without its MIC."""
    return struct.pack("B", encrypted * _E + more * _MORE_DATA) + snonce + data


def acknowledgement(encrypted: bool, more: bool, pn: int, data: bytes) -> bytes:
    """Return SEC-ACK without its MIC."""
    return _HEAD.pack(encrypted * _E + more * _MORE_DATA, pn) + data


def updated(encrypted: bool, pn: int, version: int, status: int) -> bytes:
    """Return PMK-UPDATED without its MIC."""
    return _UPDATE_HEAD.pack(encrypted * _E, pn, version) + bytes([status])


def _split(payload: bytes, parameters: AmpParameters, head_octets: int) -> tuple[bytes, bytes]:
    if len(payload) < head_octets + parameters.mic_octets:
        raise RefusedError(Reason.MALFORMED.value)
    return payload[: -parameters.mic_octets], payload[-parameters.mic_octets :]


def _refuse_bits(flags: int, known: int) -> None:
    if flags & ~known:
        raise RefusedError(Reason.MALFORMED.value)
