"""What a tag of S4 is enrolled with: its names, and the PSK or EAP credential (page 5.4: NVM 16 and identity)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.rsna.profiles import ADDRESS_OCTETS, PMK_OCTETS
from ampradio.security.rsna.tag.eap_psk import PSK_OCTETS
from ampradio.security.secret import Secret

_ID_OCTETS_MAX = 64


@dataclass(frozen=True)
class Credential:
    """``psk`` (32 octets) is for AKM 2 and 6, ``eap_psk`` (16) with ``identity`` for AKM 1 and 5.

    An identity of up to 8 octets fits one frame in every message. Raises ``ValueError`` for bad sizes.
    """

    station_id: int
    spa: bytes
    aa: bytes
    psk: Secret | None = None
    eap_psk: Secret | None = None
    identity: bytes = b""

    def __post_init__(self) -> None:
        if len(self.spa) != ADDRESS_OCTETS or len(self.aa) != ADDRESS_OCTETS:
            raise ValueError(f"addresses have {ADDRESS_OCTETS} octets")
        if self.psk is not None and len(self.psk) != PMK_OCTETS:
            raise ValueError(f"a PSK has {PMK_OCTETS} octets, not {len(self.psk)}")
        if self.eap_psk is not None and len(self.eap_psk) != PSK_OCTETS:
            raise ValueError(f"an EAP-PSK key has {PSK_OCTETS} octets, not {len(self.eap_psk)}")
        if self.eap_psk is not None and not 0 < len(self.identity) <= _ID_OCTETS_MAX:
            raise ValueError(f"an identity has 1…{_ID_OCTETS_MAX} octets, not {len(self.identity)}")
