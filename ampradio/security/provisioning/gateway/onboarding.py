"""One device on its way from a scanned QR code to a local address, as the gateway sees it (R2.28 to R2.33)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ampradio.security.provisioning.backhaul import Accept, Forget, Given, Request
from ampradio.security.session import Message


class Stage(Enum):
    """Whom the gateway waits for."""

    SERVER = "server"
    HELLO = "hello"
    PROV = "prov"


@dataclass
class Onboarding:
    """The state of one onboarding; ``accepted`` holds the keys that a literal server gives beforehand."""

    device_hash: bytes
    seed: tuple[int, int] | None = None
    stage: Stage = Stage.SERVER
    request: Request | None = None
    gw_nonce: bytes = b""
    forget: tuple[Forget, ...] = ()
    given: Given | None = None
    accepted: Accept | None = None
    attempts: int = 0
    server_attempts: int = 0
    restarts: int = 0
    due: bool = False
    outstanding: Message | None = None
    deadline_ns: int | None = None

    def ask(self, request: Request) -> None:
        """Go to the server with a request."""
        self.request, self.stage, self.server_attempts = request, Stage.SERVER, 0
        self.outstanding, self.deadline_ns, self.due = None, None, True

    def speak(self, stage: Stage) -> None:
        """Have something to say to the device, from the first attempt on."""
        self.stage, self.attempts, self.due = stage, 0, True
        self.request, self.deadline_ns = None, None
