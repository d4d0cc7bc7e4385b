"""Attributes of a RADIUS packet as octets and numbers; those that are not what they should be are refused clearly."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pyrad.dictionary import Dictionary
from pyrad.packet import AuthPacket, PacketError

VALUE_OCTETS_MAX = 253
BAD_PACKET = (PacketError, ValueError, KeyError, IndexError, TypeError, struct.error)
"""What pyrad raises for octets that are no packet or no attribute."""

Attribute = tuple[str, bytes | int]


class AttributeMissingError(ValueError):
    """An attribute is not there, there twice, or of a size it cannot have."""


@cache
def dictionary() -> Dictionary:
    """Return the names that this testbed knows."""
    return Dictionary(str(Path(__file__).with_name("dictionary.txt")))


def put(packet: AuthPacket, attributes: Iterable[Attribute]) -> None:
    """Add attributes in order; a long EAP-Message is split as RFC 3579 has it."""
    for name, value in attributes:
        if isinstance(value, int) or len(value) <= VALUE_OCTETS_MAX:
            packet.AddAttribute(name, value)
            continue
        if name != "EAP-Message":
            raise ValueError(f"{name} of {len(value)} octets does not fit")
        for start in range(0, len(value), VALUE_OCTETS_MAX):
            packet.AddAttribute(name, value[start : start + VALUE_OCTETS_MAX])


def all_of(packet: AuthPacket, name: str) -> list[bytes]:
    """Return every value of an attribute of octets; raises ``AttributeMissingError`` for one that cannot be read."""
    if name not in packet:
        return []
    try:
        return [value.encode() if isinstance(value, str) else bytes(value) for value in packet[name]]
    except BAD_PACKET:
        raise AttributeMissingError(name) from None


def one_of(packet: AuthPacket, name: str, octets: int | None = None) -> bytes:
    """Return the only value of an attribute, of that many octets if given; raises ``AttributeMissingError``."""
    values = all_of(packet, name)
    if len(values) != 1 or (octets is not None and len(values[0]) != octets):
        raise AttributeMissingError(name)
    return values[0]


def number_of(packet: AuthPacket, name: str) -> int:
    """Return the only value of a number; raises ``AttributeMissingError``."""
    if name not in packet:
        raise AttributeMissingError(name)
    try:
        values = list(packet[name])
    except BAD_PACKET:
        raise AttributeMissingError(name) from None
    if len(values) != 1 or not isinstance(values[0], int):
        raise AttributeMissingError(name)
    return values[0]
