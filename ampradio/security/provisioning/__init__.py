"""S2: provisioning after contribution 11-25/0263r0 (protocols page, section 3; exact rules 10 to 15).

``Gateway``, ``ProvisioningServer`` and ``ProvisionedTag`` do no I/O and share values and primitives, no protocol code.
"""

from ampradio.security.provisioning.gateway import Gateway
from ampradio.security.provisioning.manufacture import Manufactured, manufacture
from ampradio.security.provisioning.profiles import Life, Prof, ProvisioningParameters
from ampradio.security.provisioning.server import DeviceRecord, DeviceStore, MemoryDeviceStore, ProvisioningServer
from ampradio.security.provisioning.tag import DeviceIdentity, ProvisionedTag, TagMemory

__all__ = [
    "DeviceIdentity",
    "DeviceRecord",
    "DeviceStore",
    "Gateway",
    "Life",
    "Manufactured",
    "MemoryDeviceStore",
    "Prof",
    "ProvisionedTag",
    "ProvisioningParameters",
    "ProvisioningServer",
    "TagMemory",
    "manufacture",
]
