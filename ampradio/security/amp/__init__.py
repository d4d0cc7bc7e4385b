"""S1: 802.11bp AMP secure communication (motions 26, 44, 64, 65, 66, 113 and the PDT of 3.5.1).

AP and server (``infrastructure``) and tag share values and primitives, no protocol code: each checks the other.
"""

from ampradio.security.amp.infrastructure.ap import AmpAuthenticator
from ampradio.security.amp.infrastructure.credential import TagCredential
from ampradio.security.amp.infrastructure.pmk_server import PmkServer, PmkUpdateOrder
from ampradio.security.amp.profiles import AmpParameters, BackscatterPolicy, Msg, Prof
from ampradio.security.amp.record import PmkRecord
from ampradio.security.amp.tag.identity import TagIdentity
from ampradio.security.amp.tag.memory import TagMemory
from ampradio.security.amp.tag.readings import Readings, UplinkSource
from ampradio.security.amp.tag.supplicant import AmpSupplicant

__all__ = [
    "AmpAuthenticator",
    "AmpParameters",
    "AmpSupplicant",
    "BackscatterPolicy",
    "Msg",
    "PmkRecord",
    "PmkServer",
    "PmkUpdateOrder",
    "Prof",
    "Readings",
    "TagCredential",
    "TagIdentity",
    "TagMemory",
    "UplinkSource",
]
