"""What goes over the live feed: small typed messages, and reading them back from a socket that anybody may write to."""

from __future__ import annotations

from typing import Annotated

import msgspec

TOPIC = b"amp-live-1"
"""First part of every message; the second is one of ``LiveMessage`` in MessagePack."""

MESSAGE_OCTETS_MAX = 256 * 1024
LEVEL_FLOOR_DB, LEVEL_STEP_DB = -100.0, 0.5
"""A level is one octet: 0 is the floor, dB relative to an amplitude of 1, or less."""

Name = Annotated[str, msgspec.Meta(max_length=128)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
Rate = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Levels = Annotated[bytes, msgspec.Meta(max_length=65_536)]


class _Message(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """``run`` names the run, ``source`` the process; ``seq`` counts a source's messages, so that gaps show."""

    run: Name
    source: Name
    seq: Count


class Opened(_Message, frozen=True, tag="opened"):
    """A run that can be watched, and where its folder is; said again to whoever comes later."""

    folder: Annotated[str, msgspec.Meta(max_length=4096)]


class Told(_Message, frozen=True, tag="told"):
    """Event ``number`` of the run, as the line in ``events.jsonl``."""

    number: Count
    line: Annotated[str, msgspec.Meta(max_length=65_536)]


class Closed(_Message, frozen=True, tag="closed"):
    """The run is over; its manifest says how it ended."""


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Mean power of equal pieces of a receive stream, from sample ``first`` on, one level each."""

    first: Count
    levels: Levels


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A spectrum around sample ``first``: one level for each of equal steps of frequency, lowest first."""

    first: Count
    levels: Levels


class Samples(_Message, frozen=True, tag="samples"):
    """What a node received, decimated. ``skipped`` samples were not looked at, so as not to hold the run up."""

    role: Name
    rate_sps: Rate
    step: Count
    received: Count
    skipped: Count
    envelope: Annotated[list[Piece], msgspec.Meta(max_length=1024)]
    rows: Annotated[list[Row], msgspec.Meta(max_length=1024)]
    counters: Annotated[dict[Name, Count], msgspec.Meta(max_length=128)]


LiveMessage = Opened | Told | Closed | Samples
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(LiveMessage)


def encoded(message: LiveMessage) -> list[bytes]:
    """Return the parts of a message."""
    return [TOPIC, _ENCODER.encode(message)]


def decoded(parts: list[bytes]) -> LiveMessage | None:
    """Return the message of some parts; None for whatever is none."""
    if len(parts) != 2 or parts[0] != TOPIC or len(parts[1]) > MESSAGE_OCTETS_MAX:
        return None
    try:
        message: LiveMessage = _DECODER.decode(parts[1])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return message
