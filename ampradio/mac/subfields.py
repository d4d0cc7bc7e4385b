"""Packing of subfields into octets: LSB first, in the order listed, from b0 of octet 0 (rule 1).

A caller's value that does not fit its width raises ``ValueError``; nothing is truncated.
"""

from __future__ import annotations

from typing import NamedTuple


class Subfield(NamedTuple):
    """One subfield to send: its name (for the error text), value and width in bits."""

    name: str
    value: int
    bits: int


def pack(*subfields: Subfield) -> bytes:
    """Return the octets of ``subfields``, the last one padded with zeros.

    Raises ``ValueError`` when a value does not fit its width.
    """
    word = 0
    position = 0
    for name, value, bits in subfields:
        if not 0 <= value < 1 << bits:
            raise ValueError(f"{name} is {value}, must be 0…{(1 << bits) - 1}")
        word |= int(value) << position
        position += bits
    return word.to_bytes(-(-position // 8), "little")


def unpack(octets: bytes, *widths: int) -> list[int]:
    """Return the values of subfields of ``widths`` bits from the start of ``octets``, missing octets read as zero."""
    word = int.from_bytes(octets, "little")
    values = []
    for width in widths:
        values.append(word & ((1 << width) - 1))
        word >>= width
    return values
