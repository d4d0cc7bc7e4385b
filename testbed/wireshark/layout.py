"""The words in which layouts of frames and messages are written down: fields of octets, subfields of bits, choices.

One layout serves the dissector (``tables`` makes Lua of it) and the documentation. Field names become Wireshark's
filter names behind ``amp11bp.``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REST = "rest"
"""All that is left before the fields that follow, whose sizes are known."""


@dataclass(frozen=True)
class Bits:
    """A subfield of a field: ``shift`` from its least significant bit, ``width`` bits."""

    name: str
    label: str
    shift: int
    width: int = 1
    values: str = ""
    strict: bool = False


@dataclass(frozen=True)
class When:
    """A condition: a field or subfield that was read before is (or is not) one of the values."""

    name: str
    values: tuple[int, ...]
    negate: bool = False


@dataclass(frozen=True)
class Field:
    """One field: ``size`` in octets, a parameter's name, a computed size of the dissector, or ``REST``.

    ``kind``: ``uint``, ``uint_le``, ``bytes``, ``id`` (an AMP ID, little-endian), ``bits`` (Gen2 bits in text).
    ``repeat`` says that ``size`` octets hold values of so many octets each. ``strict``: a value without a word is
    reserved, and flagged. ``minimum``: a smaller value is flagged. ``secret``: encrypted.
    """

    name: str
    label: str
    size: int | str
    kind: str = "bytes"
    base: str = "dec"
    values: str = ""
    strict: bool = False
    minimum: int = 0
    repeat: int = 0
    bits: tuple[Bits, ...] = ()
    when: tuple[When, ...] = ()
    unit: str = ""
    secret: bool = False


@dataclass(frozen=True)
class Nested:
    """Another layout at this place."""

    layout: str
    when: tuple[When, ...] = ()


@dataclass(frozen=True)
class Carried:
    """The rest belongs to a dissector of Wireshark's own: its name, or ``table:number`` where it is found."""

    dissector: str
    label: str


@dataclass(frozen=True)
class Elements:
    """The rest are 802.11 elements: ID, length, value."""


Part = Field | Nested | Carried | Elements
Layout = tuple[Part, ...]


@dataclass(frozen=True)
class MessageLayout:
    """One message: system, MSG, the PROFs that it holds for, its parts, and what is in it once it was decrypted."""

    proto: int
    msg: int
    profs: tuple[int, ...]
    parts: Layout
    clear: Layout = ()


Values = Mapping[int, str]


def always(*names_and_masks: str) -> tuple[When, ...]:
    """Return conditions that all the flags named are set."""
    return tuple(When(name, (0,), negate=True) for name in names_and_masks)
