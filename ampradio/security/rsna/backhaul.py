"""What the AP and an EAP server tell each other; RADIUS carries it (RFC 3579), this room only names it."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.secret import Secret


@dataclass(frozen=True)
class EapToServer:
    """A station's EAP packet: EAP-Message of an Access-Request, ``identity`` its User-Name.

    ``request_id`` names the conversation's round; the answer brings it back. RADIUS's State is the carrier's business,
    kept under ``conversation``.
    """

    conversation: int
    request_id: int
    identity: bytes
    spa: bytes
    eap: bytes


@dataclass(frozen=True)
class EapFromServer:
    """The server's answer: Access-Challenge, Access-Accept with the MSK of the MS-MPPE keys, or Access-Reject.

    ``msk`` is MS-MPPE-Recv-Key ‖ MS-MPPE-Send-Key, set with ``accepted`` only. ``lifetime_s`` is Session-Timeout.
    """

    conversation: int
    request_id: int
    eap: bytes
    accepted: bool = False
    rejected: bool = False
    msk: Secret | None = None
    lifetime_s: int | None = None
