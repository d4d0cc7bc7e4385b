"""Everything that a tag holds in volatile memory about its AP: gone with the power, or with the association."""

from __future__ import annotations

from dataclasses import dataclass, field

from ampradio.security.rsna.tag.eap_peer import EapPeer
from ampradio.security.rsna.tag.handshake import Handshake
from ampradio.security.rsna.tag.protection import ReceiveKey
from ampradio.security.secret import Secret


@dataclass
class Bond:
    """What was negotiated, how far it went, and the keys; ``pmkid`` names a kept PMK that was proposed."""

    ap_element: bytes = b""
    element: bytes = b""
    akm: int = 0
    pmkid: bytes = b""
    authenticated: bool = False
    associated: bool = False
    pmk: Secret | None = None
    peer: EapPeer | None = None
    handshake: Handshake | None = None
    tk: ReceiveKey | None = None
    groups: dict[int, ReceiveKey] = field(default_factory=dict)
    pn: int = 0
