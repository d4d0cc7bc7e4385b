"""The PHY-SAP on the wire: typed, versioned, fixed-layout messages between a MAC and a PHY.

Every message is one ZMQ frame: a 12-octet header (magic ``AMPS``, version, type, two reserved octets, sequence number)
and a body whose layout depends on the type alone. All integers are little-endian, times are signed 64-bit nanoseconds
of air time, ``NEVER`` stands for "no time". docs/phy-sap.md gives every octet; a test holds that page against this
module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ampradio.vectors import Listen, RxVector, TxVector

MAGIC = b"AMPS"
VERSION = 2
NEVER = 2**63 - 1


class SapError(ValueError):
    """A message that is not of this protocol: wrong magic, version, type, size or value."""


@dataclass(frozen=True)
class AttachRequest:
    """MAC to PHY: the first message; names the profile that the MAC works with."""

    profile: str


@dataclass(frozen=True)
class TxRequest:
    """MAC to PHY: send one PPDU whose sample 0 is at ``start_ns``."""

    tx_id: int
    start_ns: int
    vector: TxVector
    psdu: bytes


@dataclass(frozen=True)
class ListenRequest:
    """MAC to PHY: look for an uplink PPDU in this window."""

    window: Listen


@dataclass(frozen=True)
class Grant:
    """MAC to PHY: the answer to an indication, and what the MAC promises not to do.

    Nothing beyond what was already requested starts before ``silent_until_ns``; nor, unless a PPDU is received, before
    ``wake_ns``, when the MAC wants a TimeIndication.
    """

    silent_until_ns: int
    wake_ns: int


@dataclass(frozen=True)
class StopRequest:
    """MAC to PHY: the run ends at ``stop_ns``."""

    stop_ns: int


@dataclass(frozen=True)
class AttachConfirm:
    """PHY to MAC: attached; ``role`` 0 = AP, 1 = tag."""

    role: int
    sample_rate_sps: int
    now_ns: int


@dataclass(frozen=True)
class TxConfirm:
    """PHY to MAC: where a TxRequest was put; ``status`` 0 scheduled, 1 late (not sent), 2 refused."""

    tx_id: int
    status: int
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class RxIndication:
    """PHY to MAC: one PPDU was decoded; the MAC answers with a Grant."""

    psdu: bytes
    rxvector: RxVector


@dataclass(frozen=True)
class TimeIndication:
    """PHY to MAC: every PPDU that ends before ``now_ns`` has been indicated; the MAC answers with a Grant."""

    now_ns: int


@dataclass(frozen=True)
class StopConfirm:
    """PHY to MAC: all samples up to the stop were received; with the receiver's counters."""

    now_ns: int
    samples: int
    counters: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ErrorIndication:
    """PHY to MAC: something is wrong; the PHY goes on unless it says otherwise."""

    code: int
    text: str


ERROR_MALFORMED = 1
ERROR_BUSY = 2
ERROR_PROFILE = 3
ERROR_STATE = 4

SapMessage: TypeAlias = (
    AttachRequest
    | TxRequest
    | ListenRequest
    | Grant
    | StopRequest
    | AttachConfirm
    | TxConfirm
    | RxIndication
    | TimeIndication
    | StopConfirm
    | ErrorIndication
)
