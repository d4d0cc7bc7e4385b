"""A UDP datagram over IPv4, as a capture of raw IP shows it (RFC 791, RFC 768, RFC 1071)."""

from __future__ import annotations

import struct

_UDP = 17
_VERSION_AND_LENGTH, _TIME_TO_LIVE = 0x45, 64
_IP_OCTETS, _UDP_OCTETS = 20, 8


def ipv4_udp(source: tuple[bytes, int], destination: tuple[bytes, int], payload: bytes) -> bytes:
    """Return an IPv4 packet between two (address of 4 octets, port); raises ``struct.error`` beyond 65 507 octets."""
    length = _UDP_OCTETS + len(payload)
    pseudo = source[0] + destination[0] + struct.pack(">HH", _UDP, length)
    head = struct.pack(">HHH", source[1], destination[1], length)
    checksum = _checksum(pseudo + head + b"\0\0" + payload) or 0xFFFF  # zero says that there is none
    datagram = head + struct.pack(">H", checksum) + payload
    fixed = struct.pack(">BBHHHBB", _VERSION_AND_LENGTH, 0, _IP_OCTETS + length, 0, 0, _TIME_TO_LIVE, _UDP)
    addresses = source[0] + destination[0]
    return fixed + struct.pack(">H", _checksum(fixed + b"\0\0" + addresses)) + addresses + datagram


def _checksum(octets: bytes) -> int:
    octets += b"\0" * (len(octets) % 2)
    total: int = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
