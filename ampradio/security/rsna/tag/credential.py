"""What a tag of S4 is enrolled with: its names, and the PSK or EAP credential (page 5.4: NVM 16 and identity)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.entropy import NonceSource
from ampradio.security.rsna.profiles import ADDRESS_OCTETS, PMK_OCTETS
from ampradio.security.rsna.tag import eap_psk, eap_tls
from ampradio.security.rsna.tag.eap_peer import EapPeer
from ampradio.security.rsna.tag.eap_psk import PSK_OCTETS
from ampradio.security.rsna.tag.eap_tls import TlsCredential
from ampradio.security.secret import Secret

_ID_OCTETS_MAX = 64


@dataclass(frozen=True)
class Credential:
    """``psk`` (32 octets) is for AKM 2 and 6, ``identity`` with ``eap_psk`` (16) or ``eap_tls`` for AKM 1 and 5.

    An identity of up to 8 octets fits one frame in every message of EAP-PSK. Raises ``ValueError`` for bad sizes.
    """

    station_id: int
    spa: bytes
    aa: bytes
    psk: Secret | None = None
    eap_psk: Secret | None = None
    identity: bytes = b""
    eap_tls: TlsCredential | None = None

    def __post_init__(self) -> None:
        if len(self.spa) != ADDRESS_OCTETS or len(self.aa) != ADDRESS_OCTETS:
            raise ValueError(f"addresses have {ADDRESS_OCTETS} octets")
        if self.psk is not None and len(self.psk) != PMK_OCTETS:
            raise ValueError(f"a PSK has {PMK_OCTETS} octets, not {len(self.psk)}")
        if self.eap_psk is not None and len(self.eap_psk) != PSK_OCTETS:
            raise ValueError(f"an EAP-PSK key has {PSK_OCTETS} octets, not {len(self.eap_psk)}")
        if self.eap_psk is not None and self.eap_tls is not None:
            raise ValueError("a tag has a credential for one EAP method")
        if self.has_eap and not 0 < len(self.identity) <= _ID_OCTETS_MAX:
            raise ValueError(f"an identity has 1…{_ID_OCTETS_MAX} octets, not {len(self.identity)}")

    @property
    def has_eap(self) -> bool:
        """True when there is a credential for AKM 1 and 5."""
        return self.eap_psk is not None or self.eap_tls is not None

    def peer(self, nonces: NonceSource) -> EapPeer:
        """Return an EAP peer for one conversation; raises ``ValueError`` without a credential."""
        if self.eap_tls is not None:
            return EapPeer(self.identity, eap_tls.TYPE, eap_tls.EapTlsPeer(self.eap_tls))
        if self.eap_psk is None:
            raise ValueError("there is no credential for EAP")
        return EapPeer(self.identity, eap_psk.TYPE, eap_psk.EapPskPeer(self.eap_psk, self.identity, nonces))
