"""The shape that every security system has: sans-IO, one level above the MAC.

A system hands the MAC opaque message bodies and takes them back; the MAC adds the frame header, the shim,
fragments and the FCS, and never looks inside. Time is passed in; randomness comes from an ``EntropySource``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """One message of a security system, reassembled (protocols page, section 1.1).

    ``station_id`` is the 16-bit ID of the frame header: the addressed tag on the downlink, the sender on
    the uplink, 0xFFFF for broadcast. ``payload`` is what follows the two shim octets.
    ``reply_octets`` is the size of the payload that is expected back, None when no reply is due.
    """

    proto: int
    msg: int
    prof: int
    station_id: int
    payload: bytes
    reply_octets: int | None = None


@dataclass(frozen=True)
class SecurityEvent:
    """Something that a person or a test wants to know; never holds a secret."""

    kind: str
    detail: dict[str, str | int | bool | float] = field(default_factory=dict)


class EntropySource(Protocol):
    """Where nonces and keys come from."""

    seeded: bool

    def octets(self, count: int) -> bytes:
        """Return ``count`` unpredictable octets (or reproducible ones when ``seeded``)."""


class SecuritySession(Protocol):
    """One end of a security system."""

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air; a bad one is counted and dropped, never raised."""

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, in order."""

    def next_deadline_ns(self) -> int | None:
        """Return when ``handle_deadline`` wants to be called, None for never."""

    def handle_deadline(self, now_ns: int) -> None:
        """Act on the passing of time (key lifetimes, retries)."""

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
