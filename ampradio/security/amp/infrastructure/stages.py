"""What an AP's exchange is asked for, what it waits for, and how far it got."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """What an exchange waits for."""

    TRIGGER_DUE = "a new SEC-TRIGGER"
    RESPONSE = "SEC-RESPONSE"
    ACK = "SEC-ACK"
    UPDATED = "PMK-UPDATED"
    LAST_SENT = "its last message to go out"
    OVER = "nothing"


class Mutual(str, Enum):
    """How far mutual authentication got, as far as the AP can know."""

    NO = "no"
    UNCONFIRMED = "unconfirmed"  # the AP's proof went out; a three-frame flow does not tell whether it arrived
    CONFIRMED = "confirmed"


@dataclass
class Request:
    """What the caller wants of an exchange; ``uplink_octets`` sizes the reply slots."""

    trigger: bytes | None
    data: bytes
    commands: deque[bytes]
    uplink_octets: int
    retries_left: int
