"""The tag's end of S4."""

from ampradio.security.rsna.tag.credential import Credential
from ampradio.security.rsna.tag.eap_tls import TlsCredential
from ampradio.security.rsna.tag.pmk_memory import PmkMemory
from ampradio.security.rsna.tag.supplicant import Supplicant

__all__ = ["Credential", "PmkMemory", "Supplicant", "TlsCredential"]
