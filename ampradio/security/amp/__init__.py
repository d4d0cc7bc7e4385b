"""S1: 802.11bp AMP secure communication (motions 26, 44, 64, 65, 66, 113 and the PDT of 3.5.1)."""

from ampradio.security.amp.ap import AmpAuthenticator
from ampradio.security.amp.enrolment import TagCredential, TagIdentity
from ampradio.security.amp.pmk_update import MemoryNvm, Nvm, PmkRecord, PmkServer
from ampradio.security.amp.profiles import AmpParameters, BackscatterPolicy, Prof
from ampradio.security.amp.readings import Readings, UplinkSource
from ampradio.security.amp.tag import AmpSupplicant

__all__ = [
    "AmpAuthenticator",
    "AmpParameters",
    "AmpSupplicant",
    "BackscatterPolicy",
    "MemoryNvm",
    "Nvm",
    "PmkRecord",
    "PmkServer",
    "Prof",
    "Readings",
    "TagCredential",
    "TagIdentity",
    "UplinkSource",
]
