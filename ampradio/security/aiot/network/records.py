"""The devices an AIoTF knows: their ID, authentication key and stored policy (step 0)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ampradio.security.aiot.profiles import (
    DEFAULT_POLICY,
    DEVICE_ID_OCTETS,
    KEY_OCTETS,
    T_ID_OCTETS,
    require_stored_policy,
)
from ampradio.security.secret import Secret

DEVICES_MAX = 65_536


@dataclass(frozen=True)
class DeviceRecord:
    """One device; raises ``ValueError`` for an ID, key or policy that cannot be."""

    device_id: bytes
    key: Secret
    stored_policy: int = DEFAULT_POLICY
    t_id: bytes | None = None

    def __post_init__(self) -> None:
        if len(self.device_id) != DEVICE_ID_OCTETS:
            raise ValueError(f"a device ID has {DEVICE_ID_OCTETS} octets, not {len(self.device_id)}")
        if len(self.key) != KEY_OCTETS:
            raise ValueError(f"a device authentication key has {KEY_OCTETS} octets, not {len(self.key)}")
        if self.t_id is not None and len(self.t_id) != T_ID_OCTETS:
            raise ValueError(f"a T-ID has {T_ID_OCTETS} octets, not {len(self.t_id)}")
        require_stored_policy("stored_policy", self.stored_policy)


class DeviceRecords:
    """All devices of one AIoTF."""

    def __init__(self) -> None:
        self._records: dict[bytes, DeviceRecord] = {}

    def add(self, record: DeviceRecord) -> None:
        """Add a device; raises ``ValueError`` for one that is there, or one too many."""
        if record.device_id in self._records:
            raise ValueError(f"device {record.device_id.hex()} is known already")
        if len(self._records) >= DEVICES_MAX:
            raise ValueError(f"an AIoTF holds {DEVICES_MAX} devices")
        self._records[record.device_id] = record

    def get(self, device_id: bytes) -> DeviceRecord | None:
        """Return a device's record, None for an unknown one."""
        return self._records.get(device_id)

    def rename(self, device_id: bytes, t_id: bytes) -> None:
        """Take a device's next T-ID."""
        self._records[device_id] = replace(self._records[device_id], t_id=t_id)
