"""The authentication server's logic in S2."""

from ampradio.security.provisioning.server.records import DeviceRecord, DeviceStore, MemoryDeviceStore
from ampradio.security.provisioning.server.server import ProvisioningServer

__all__ = ["DeviceRecord", "DeviceStore", "MemoryDeviceStore", "ProvisioningServer"]
