"""The tag's end of S2."""

from ampradio.security.provisioning.tag.device import ProvisionedTag
from ampradio.security.provisioning.tag.identity import DeviceIdentity
from ampradio.security.provisioning.tag.memory import TagMemory

__all__ = ["DeviceIdentity", "ProvisionedTag", "TagMemory"]
