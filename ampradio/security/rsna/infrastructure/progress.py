"""How far one station has come, and what the AP holds of it that ends with the association."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ampradio.security.rsna.backhaul import EapToServer
from ampradio.security.rsna.infrastructure.elements import Suites
from ampradio.security.rsna.infrastructure.handshake import GroupKey, Handshake
from ampradio.security.rsna.profiles import Msg
from ampradio.security.secret import Secret
from ampradio.security.session import Message

NO_SUITES = Suites(0, (), ())


class Phase(Enum):
    """Where a station is; the order is strict (R4.17)."""

    IDLE = 0
    DISCOVERY = 1
    AUTHENTICATED = 2
    EAP = 3
    SERVER = 4
    PAIRWISE = 5
    GROUP = 6
    OPEN = 7


@dataclass
class Step:
    """A message that waits for its answer, and how to say it again, with what has to come before it."""

    msg: Msg
    build: Callable[[bool], bytes]
    reply_octets: int
    prelude: tuple[Message, ...] = ()
    tries: int = 0
    due: bool = True
    deadline_ns: int | None = None


@dataclass
class Association:
    """What was negotiated with a station, its keys, and the packet numbers under them."""

    lifetime_ns: int
    akm: int = 0
    element: bytes = b""
    suites: Suites = NO_SUITES
    pmk: Secret | None = None
    pmkid: bytes = b""
    handshake: Handshake | None = None
    given: GroupKey | None = None
    to_server: EapToServer | None = None
    server_deadline_ns: int | None = None
    conversation: int = 0
    requests: int = 0
    identity: bytes = b""
    identifier: int = 0
    method_begun: bool = False
    pn: int = 0
    last_pn: int = 0
