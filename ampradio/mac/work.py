"""What an AP is asked to do: a list of work items, done one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ampradio.mac.sessions import ApSession
from ampradio.mac.trigger import AccessKind, ResponseType

ATTEMPTS = 3


@dataclass(frozen=True)
class SecureExchange:
    """One run of a security system with one tag (or, by random access, with whoever answers).

    ``begin(trigger_octets, now_ns)`` makes the session queue its first message; where that carries the Trigger's six
    octets, these are they. It is called again, for a fresh start with a new nonce, while the session has nothing to
    send, ``outcome()`` is not yet True and fewer than ``attempts`` were made; a session that retries by itself takes 1.
    ``pause_ns`` passes before each fresh start, so that a tag that ran dry can charge.
    ``reply_octets`` is the longest payload that may answer the first message. ``slots`` and ``acwe`` count for
    the broadcast ID only.
    """

    session: ApSession
    station_id: int
    begin: Callable[[bytes, int], None]
    outcome: Callable[[], bool]
    reply_octets: int
    slots: int = 1
    acwe: int = 0
    attempts: int = ATTEMPTS
    pause_ns: int = 0


@dataclass(frozen=True)
class Poll:
    """Scheduled access: one slot for each of ``ids``; those not heard are triggered again.

    A single ID is addressed individually, several by a broadcast Trigger with a list. ``content_octets`` is the
    longest content that may come back; ``data`` goes down with the Trigger.
    """

    ids: tuple[int, ...]
    response_type: ResponseType = ResponseType.DATA
    content_octets: int = 0
    data: bytes = b""
    attempts: int = ATTEMPTS


@dataclass(frozen=True)
class RandomAccess:
    """Random access in ``slots`` slots, ``rounds`` times, or until ``expected`` tags were heard."""

    slots: int
    acwe: int
    response_type: ResponseType = ResponseType.DATA
    content_octets: int = 0
    data: bytes = b""
    rounds: int = 1
    expected: int | None = None
    access: AccessKind = AccessKind.RANDOM


@dataclass(frozen=True)
class SendData:
    """A Data frame in clear to one tag or to all; nothing comes back."""

    station_id: int
    data: bytes


WorkItem = SecureExchange | Poll | RandomAccess | SendData
