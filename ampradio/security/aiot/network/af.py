"""The call between AF and AIoTF: Command Operation Request and response (steps 1 and 7; names of TS 29.569)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Process(str, Enum):
    """The two processes, each usable alone (R3.1)."""

    AUTHENTICATION = "authentication"
    COMMAND = "command"
    BOTH = "both"


class FailureCause(str, Enum):
    """Why an operation did not succeed."""

    AUTH_FAILURE = "AUTH_FAILURE"
    NO_SUCC_INV_RESP = "NO_SUCC_INV_RESP"
    LOW_ENERGY = "LOW_ENERGY"
    INVALID_MANDATORY_INFORMATION = "INVALID_MANDATORY_INFORMATION"
    ERROR_UNSPECIFIED = "ERROR_UNSPECIFIED"


@dataclass(frozen=True)
class CommandOperationRequest:
    """What an AF asks for (R3.9): ``policy`` None means the AIoTF's default."""

    operation_id: int
    device_id: bytes
    payload: bytes = b""
    process: Process = Process.BOTH
    policy: int | None = None


@dataclass(frozen=True)
class CommandOperationResponse:
    """What became of it: the device's payload, or why there is none.

    ``authenticated`` is False where the policy had no integrity: the payload came from anybody (W3.8).
    """

    operation_id: int
    device_id: bytes
    payload: bytes | None = None
    cause: FailureCause | None = None
    authenticated: bool = False
    capability: int | None = None
