"""S4: 802.11i secure link establishment (seed 003; protocols page, section 5; exact rules 20 to 23).

``Authenticator`` (AP) and ``Supplicant`` (tag) do no I/O and share values and primitives, no protocol code.
"""

from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.rsna.infrastructure import Authenticator
from ampradio.security.rsna.profiles import Order, Port, Prof, RsnaParameters
from ampradio.security.rsna.tag import Credential, PmkMemory, Supplicant, TlsCredential
from ampradio.security.rsna.wifi_view import WifiView

__all__ = [
    "Authenticator",
    "Credential",
    "EapFromServer",
    "EapToServer",
    "Order",
    "PmkMemory",
    "Port",
    "Prof",
    "RsnaParameters",
    "Supplicant",
    "TlsCredential",
    "WifiView",
]
