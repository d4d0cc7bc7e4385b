"""What a device keeps through a power loss: its key, its ID and its stored policy (step 0), written once."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.aiot.profiles import DEFAULT_POLICY, DEVICE_ID_OCTETS, KEY_OCTETS, require_stored_policy
from ampradio.security.nvm import Rows, TwoSlot
from ampradio.security.secret import Secret

RECORD_OCTETS = KEY_OCTETS + DEVICE_ID_OCTETS + 1


@dataclass(frozen=True)
class Identity:
    """The device authentication key, the device ID and the stored policy (R3.6, R3.8)."""

    key: Secret
    device_id: bytes
    policy: int


class DeviceMemory:
    """The one record of a device in its NVM. In operation S3 reads it and never writes."""

    rows_needed = TwoSlot.rows_needed(RECORD_OCTETS)

    def __init__(self, rows: Rows, first_row: int = 0) -> None:
        """Take where the record lies."""
        self._slots = TwoSlot(rows, first_row, RECORD_OCTETS)

    def provision(self, key: bytes, device_id: bytes, policy: int = DEFAULT_POLICY) -> None:
        """Pre-configure the device (step 0).

        Raises ``ValueError`` for a key, ID or policy that cannot be, ``PowerLost`` when cut: then nothing is changed.
        """
        if len(key) != KEY_OCTETS or len(device_id) != DEVICE_ID_OCTETS:
            raise ValueError(
                f"a key has {KEY_OCTETS} octets and an ID {DEVICE_ID_OCTETS}: {len(key)}, {len(device_id)}"
            )
        require_stored_policy("policy", policy)
        self._slots.commit(key + device_id + bytes([policy]))

    def read(self) -> Identity | None:
        """Return what was pre-configured, None before."""
        record = self._slots.read()
        if record is None:
            return None
        key, rest = record[:KEY_OCTETS], record[KEY_OCTETS:]
        return Identity(Secret(key), rest[:DEVICE_ID_OCTETS], rest[-1])
