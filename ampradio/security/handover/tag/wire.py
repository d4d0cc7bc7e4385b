"""S5's messages as an MN writes and reads them, lite or full (page 6.4, rules 2, 25 and 26).

Written against protocols page 6 alone, without the PoS's modules.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.handover.profiles import (
    PROTO,
    REALM,
    SECURITY_OVERHEAD_OCTETS,
    Encoding,
    Flag,
    HandoverParameters,
    Msg,
    Tlv,
)
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.session import Message

_IDS = {
    Msg.PREREG_REQUEST: 0x340D,
    Msg.PREREG_RESPONSE: 0x380D,
    Msg.CONFIRM_MN: 0x1409,
    Msg.CONFIRM_POS: 0x1809,
    Msg.SIGNAL_UL: 0x340E,
    Msg.SIGNAL_DL: 0x380E,
}
_PUSH_ID = 0x3466  # a group key block comes as MIS_Push_Group_Manipulate request


@dataclass(frozen=True)
class Downlink:
    """A received message: its clear header read, the rest not yet."""

    msg: Msg
    tid: int
    flags: int
    source: bytes | None  # None where a lite message leaves the IDs out
    aad: bytes
    rest: bytes


class Wire:
    """One MN's way of writing: ``own_id`` and ``station_id`` are its names in MIS and in AMP frames."""

    def __init__(self, mac: Mac, parameters: HandoverParameters, own_id: bytes, station_id: int) -> None:
        self._frame_control = mac.type_authentication | 1 << mac.protected_bit
        self._parameters = parameters
        self._lite = parameters.encoding is Encoding.LITE
        self._own_id = own_id
        self._station_id = station_id

    def field(self, tlv: Tlv, value: bytes) -> bytes:
        """Return one field: bare in lite, a TLV in full."""
        return value if self._lite else _tlv(tlv, value)

    def head(self, msg: Msg, tid: int, flags: int, peer: bytes, rest_octets: int) -> tuple[bytes, bytes]:
        """Return the octets before an uplink message's service part, and its AAD."""
        return self._head(msg, _IDS[msg], tid, flags, self._own_id, peer, rest_octets)

    def security_octets(self, plain_octets: int) -> int:
        """Return the octets that a Security TLV with so much plaintext takes."""
        return len(self.field(Tlv.SECURITY, bytes(plain_octets + SECURITY_OVERHEAD_OCTETS)))

    def message(self, msg: Msg, payload: bytes) -> Message:
        """Return an uplink message."""
        return Message(PROTO, int(msg), int(self._parameters.prof), self._station_id, payload)

    def read(self, message: Message, asked: bytes) -> Downlink:
        """Read the header of a downlink message; ``asked`` is who was asked, for the AAD of a lite answer without IDs.

        Raises ``RefusedError`` for a message that is not for this MN or has another header.
        """
        msg, payload = Msg(message.msg), message.payload
        return self._read_lite(msg, payload, asked) if self._lite else self._read_full(msg, payload)

    def cut(self, octets: bytes, layout: list[tuple[Tlv, int]]) -> list[bytes]:
        """Return the fields of a layout; raises ``RefusedError`` unless it fits exactly."""
        values = []
        for tlv, size in layout:
            if not self._lite:
                begin = _tlv(tlv, bytes(size))[: -size or None]
                if octets[: len(begin)] != begin:
                    raise RefusedError(Reason.MALFORMED.value)
                octets = octets[len(begin) :]
            values.append(octets[:size])
            octets = octets[size:]
        if octets or len(values[-1]) != layout[-1][1]:
            raise RefusedError(Reason.MALFORMED.value)
        return values

    def security_of(self, octets: bytes) -> bytes:
        """Return the value of the Security TLV that ``octets`` are; raises ``RefusedError`` if they are not."""
        if self._lite:
            return octets
        overhead = 2 if len(octets) < 2 + 128 else 3 if len(octets) < 3 + 256 else 4
        value = octets[overhead:]
        if _tlv(Tlv.SECURITY, value) != octets:
            raise RefusedError(Reason.MALFORMED.value)
        return value

    def _read_lite(self, msg: Msg, payload: bytes, asked: bytes) -> Downlink:
        if len(payload) < 3 or payload[0] != msg or payload[2] & ~Flag.NO_KEY:
            raise RefusedError(Reason.MALFORMED.value)
        head, rest = payload[:3], payload[3:]
        source: bytes | None = None
        if msg is Msg.PREREG_RESPONSE and self._parameters.hardened:
            ids = asked + self._own_id
        else:
            ids, rest = rest[:4], rest[4:]
            source = ids[:2]
            if ids[2:] != self._own_id:
                raise RefusedError(Reason.OTHER_STATION.value)
        return Downlink(msg, head[1], head[2], source, self._aad(msg) + head + ids, rest)

    def _read_full(self, msg: Msg, payload: bytes) -> Downlink:
        if len(payload) < 8:
            raise RefusedError(Reason.MALFORMED.value)
        version, message_id, tid, length = struct.unpack(">HHHH", payload[:8])
        allowed = (_IDS[msg], _PUSH_ID) if msg is Msg.PREREG_RESPONSE else (_IDS[msg],)
        if version != 0x1000 or message_id not in allowed or tid > 0xFFF or length != len(payload) - 8:
            raise RefusedError(Reason.MALFORMED.value)
        source = bytes(2)
        ids = _ids(source, self._own_id)
        at = payload[8 : 8 + len(ids)]
        try:
            source = bytes.fromhex(at[3:7].decode("ascii"))
        except ValueError:
            raise RefusedError(Reason.MALFORMED.value) from None
        if at != _ids(source, self._own_id):
            raise RefusedError(Reason.OTHER_STATION.value)
        end = 8 + len(ids)
        return Downlink(msg, tid, 0, source, self._aad(msg) + payload[:end], payload[end:])

    def _head(
        self, msg: Msg, message_id: int, tid: int, flags: int, source: bytes, destination: bytes, rest_octets: int
    ) -> tuple[bytes, bytes]:
        if self._lite:
            head = bytes((msg, tid, flags)) + source + destination
        else:
            ids = _ids(source, destination)
            head = struct.pack(">HHHH", 0x1000, message_id, tid, len(ids) + rest_octets) + ids
        return head, self._aad(msg) + head

    def _aad(self, msg: Msg) -> bytes:
        shim = struct.pack("BB", PROTO << 5 | msg, self._parameters.prof)
        return struct.pack("<BH", self._frame_control, self._station_id) + shim


def _tlv(tlv: int, value: bytes) -> bytes:
    size = len(value)
    if size < 128:
        return struct.pack("BB", tlv, size) + value
    return struct.pack("BBB" if size < 256 else ">BBH", tlv, 0x81 if size < 256 else 0x82, size) + value


def _ids(source: bytes, destination: bytes) -> bytes:
    names = (f"{one.hex()}@{REALM}".encode() for one in (source, destination))
    return b"".join(_tlv(tlv, bytes((len(name),)) + name) for tlv, name in zip((1, 2), names, strict=True))
