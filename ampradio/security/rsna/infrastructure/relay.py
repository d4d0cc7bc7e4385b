"""EAP between a station and its server, which the AP carries and does not read (R4.9, R4.18; RFC 3579)."""

from __future__ import annotations

import struct

from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import AUTHENTICATOR_EAPOL, IDENTITY_OCTETS_MAX, RsnaParameters
from ampradio.security.rsna.refusal import Reason

REQUEST, RESPONSE, SUCCESS, FAILURE = 1, 2, 3, 4
_EAPOL_EAP = 0
_IDENTITY = 1


def encode_eap(parameters: RsnaParameters, packet: bytes) -> bytes:
    """Return the payload of an EAP packet: behind an 802.1X header, or alone in lite."""
    if parameters.lite:
        return packet
    return struct.pack(">BBH", AUTHENTICATOR_EAPOL, _EAPOL_EAP, len(packet)) + packet


def parse_eap(parameters: RsnaParameters, payload: bytes) -> bytes:
    """Return the EAP response in a payload; raises ``RefusedError`` for anything else."""
    if not parameters.lite:
        if len(payload) < 4 or payload[1] != _EAPOL_EAP or int.from_bytes(payload[2:4], "big") != len(payload) - 4:
            raise RefusedError(Reason.MALFORMED)
        payload = payload[4:]
    if len(payload) < 5 or int.from_bytes(payload[2:4], "big") != len(payload):
        raise RefusedError(Reason.MALFORMED)
    if payload[0] != RESPONSE:
        raise RefusedError(Reason.BAD_EAP)
    return payload


def identity_request(identifier: int) -> bytes:
    """Return EAP-Request/Identity."""
    return struct.pack(">BBHB", REQUEST, identifier, 5, _IDENTITY)


def identity_of(packet: bytes) -> bytes:
    """Return what an EAP-Response/Identity says; raises ``RefusedError`` for another response."""
    identity = packet[5:]
    if packet[4] != _IDENTITY or not 0 < len(identity) <= IDENTITY_OCTETS_MAX:
        raise RefusedError(Reason.BAD_EAP)
    return identity


def failure(identifier: int) -> bytes:
    """Return EAP-Failure."""
    return struct.pack(">BBH", FAILURE, identifier, 4)
