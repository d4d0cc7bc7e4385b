"""What gateway and server tell each other; RADIUS carries it (protocols page 3.2), this room only names it.

Requests are Access-Requests (User-Name = H(A_pubk), NAS-Identifier = GWID); ``Challenge``, ``Accept`` and ``Reject``
are Access-Challenge, -Accept and -Reject, the temporal keys in the MS-MPPE attributes under the gateway's own key.
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.secret import Secret


@dataclass(frozen=True)
class Ask:
    """The gateway asks for a device whose QR code was scanned; ``seed`` names the EK (x, CNTR) of the last binding."""

    request_id: int
    prof: int
    device_hash: bytes
    seed: tuple[int, int] | None = None


@dataclass(frozen=True)
class Introduce:
    """S2-B: the gateway forwards what the device sealed for the server."""

    request_id: int
    device_hash: bytes
    gw_nonce: bytes
    sealed: bytes


@dataclass(frozen=True)
class Confirm:
    """The gateway forwards PROV-CONFIRM, which it cannot judge itself."""

    request_id: int
    device_hash: bytes
    payload: bytes


Request = Ask | Introduce | Confirm


@dataclass(frozen=True)
class Given:
    """What the server gives a device: LOCAL_ADDR as sent, TK_NONCE, and the proof that goes with them."""

    address: int
    nonce: bytes
    proof: bytes


@dataclass(frozen=True)
class Forget:
    """A REPROVISION for a place where the device may still be bound."""

    station_id: int
    payload: bytes


@dataclass(frozen=True)
class Challenge:
    """Go on: send these, then come back with the device's answer."""

    request_id: int
    forget: tuple[Forget, ...] = ()
    given: Given | None = None


@dataclass(frozen=True)
class Accept:
    """The device is provisioned (literal: may be), and these are its temporal keys (R2.40)."""

    request_id: int
    address: int
    tk1: Secret
    tk2: Secret
    forget: tuple[Forget, ...] = ()
    given: Given | None = None


@dataclass(frozen=True)
class Reject:
    """No, and why, for the operator; nothing of it goes to the device."""

    request_id: int
    reason: str


Response = Challenge | Accept | Reject
