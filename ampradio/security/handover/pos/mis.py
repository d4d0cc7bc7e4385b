"""MIS frames as PoSs write them: the 8-octet header and TLVs (IEEE 802.21; what tshark's MIH dissector reads)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.handover.profiles import LITE_ID_OCTETS, REALM, Tlv
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError

HEADER_OCTETS = 8
VERSION = 1
COMMAND_SERVICE, MANAGEMENT_SERVICE = 3, 1
REQUEST, RESPONSE = 1, 2
AID_LL_AUTH = 9
AID_PREREG = 13
AID_N2N = 14
AID_GROUP_KEY_ISSUE = 101  # ours: the new message of Remedy 2 (R5.57)
AID_PUSH_GROUP = 102  # ours: no number of 802.21d was found
TRANSACTIONS = 1 << 12


@dataclass(frozen=True)
class Kind:
    """Service, opcode and action: what a MIS message is."""

    service: int
    opcode: int
    action: int


PREREG_REQUEST = Kind(COMMAND_SERVICE, REQUEST, AID_PREREG)
PREREG_RESPONSE = Kind(COMMAND_SERVICE, RESPONSE, AID_PREREG)
N2N_REQUEST = Kind(COMMAND_SERVICE, REQUEST, AID_N2N)
N2N_RESPONSE = Kind(COMMAND_SERVICE, RESPONSE, AID_N2N)
ISSUE_REQUEST = Kind(COMMAND_SERVICE, REQUEST, AID_GROUP_KEY_ISSUE)
ISSUE_RESPONSE = Kind(COMMAND_SERVICE, RESPONSE, AID_GROUP_KEY_ISSUE)
PUSH_REQUEST = Kind(COMMAND_SERVICE, REQUEST, AID_PUSH_GROUP)
PUSH_RESPONSE = Kind(COMMAND_SERVICE, RESPONSE, AID_PUSH_GROUP)
AUTH_REQUEST = Kind(MANAGEMENT_SERVICE, REQUEST, AID_LL_AUTH)
AUTH_RESPONSE = Kind(MANAGEMENT_SERVICE, RESPONSE, AID_LL_AUTH)


def encode_tlv(kind: int, value: bytes) -> bytes:
    """Return type, length (1 octet below 128, else 0x80 + n and n octets) and value."""
    size = len(value)
    if size < 0x80:
        return bytes([kind, size]) + value
    octets = size.to_bytes(-(-size.bit_length() // 8), "big")
    return bytes([kind, 0x80 + len(octets)]) + octets + value


def decode_tlvs(octets: bytes) -> list[tuple[int, bytes]]:
    """Return types and values in order; raises ``RefusedError`` for a length that lies or is not the shortest."""
    found = []
    at = 0
    while at < len(octets):
        if at + 2 > len(octets):
            raise RefusedError(Reason.MALFORMED.value)
        kind, size = octets[at], octets[at + 1]
        start = at + 2
        if size >= 0x80:
            start += size - 0x80
            size = int.from_bytes(octets[at + 2 : start], "big")
            if size < 0x80:
                raise RefusedError(Reason.MALFORMED.value)
        at = start + size
        if at > len(octets):
            raise RefusedError(Reason.MALFORMED.value)
        found.append((kind, octets[start:at]))
    return found


def misf_id(lite: bytes) -> bytes:
    """Return the MISF ID of a lite ID, as an OCTET_STRING with its own length octet."""
    name = f"{lite.hex()}@{REALM}".encode()
    return bytes([len(name)]) + name


def lite_id(misf: bytes) -> bytes:
    """Return the lite ID in a MISF ID; raises ``RefusedError`` for one that is not of ours."""
    local, _, realm = misf[1:].partition(b"@")
    try:
        lite = bytes.fromhex(local.decode("ascii"))
    except ValueError:
        lite = b""
    if len(lite) != LITE_ID_OCTETS or realm != REALM.encode() or misf != misf_id(lite):
        raise RefusedError(Reason.MALFORMED.value)
    return lite


@dataclass(frozen=True)
class MisFrame:
    """One MIS message; ``bound`` is header and ID TLVs as sent, which every protection covers (rule 2)."""

    kind: Kind
    transaction: int
    source: bytes
    destination: bytes
    bound: bytes
    service: bytes


def head(kind: Kind, transaction: int, source: bytes, destination: bytes, service_octets: int) -> bytes:
    """Return header and ID TLVs of a frame with that many octets of service-specific TLVs."""
    ids = encode_tlv(Tlv.SOURCE, misf_id(source)) + encode_tlv(Tlv.DESTINATION, misf_id(destination))
    message_id = kind.service << 12 | kind.opcode << 10 | kind.action
    fields = (VERSION << 12, message_id, transaction % TRANSACTIONS, len(ids) + service_octets)
    return b"".join(field.to_bytes(2, "big") for field in fields) + ids


def parse(octets: bytes) -> MisFrame:
    """Read a frame; raises ``RefusedError`` for another version, a fragment, a wrong length or missing IDs."""
    if len(octets) < HEADER_OCTETS or octets[0] >> 4 != VERSION or octets[0] & 0x01 or octets[1]:
        raise RefusedError(Reason.MALFORMED.value)
    message_id, transaction, length = (int.from_bytes(octets[at : at + 2], "big") for at in (2, 4, 6))
    tlvs = decode_tlvs(octets[HEADER_OCTETS:])
    if length != len(octets) - HEADER_OCTETS or [kind for kind, _ in tlvs[:2]] != [Tlv.SOURCE, Tlv.DESTINATION]:
        raise RefusedError(Reason.MALFORMED.value)
    kind = Kind(message_id >> 12, message_id >> 10 & 0x03, message_id & 0x3FF)
    source, destination = lite_id(tlvs[0][1]), lite_id(tlvs[1][1])
    ids_end = HEADER_OCTETS + sum(len(encode_tlv(*tlv)) for tlv in tlvs[:2])
    number = transaction & (TRANSACTIONS - 1)
    return MisFrame(kind, number, source, destination, octets[:ids_end], octets[ids_end:])
