"""What a device keeps through a power loss: key, ID and stored policy (step 0), written once; and its T-IDs."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.aiot.profiles import (
    DEFAULT_POLICY,
    DEVICE_ID_OCTETS,
    KEY_OCTETS,
    T_ID_OCTETS,
    require_stored_policy,
)
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
    """The records of a device in its NVM. In operation S3 writes none but the T-IDs, after a command."""

    rows_needed = TwoSlot.rows_needed(RECORD_OCTETS) + TwoSlot.rows_needed(2 * T_ID_OCTETS)

    def __init__(self, rows: Rows, first_row: int = 0) -> None:
        """Take where the record lies."""
        self._slots = TwoSlot(rows, first_row, RECORD_OCTETS)
        self._t_ids = TwoSlot(rows, first_row + TwoSlot.rows_needed(RECORD_OCTETS), 2 * T_ID_OCTETS)

    def provision(self, key: bytes, device_id: bytes, policy: int = DEFAULT_POLICY, t_id: bytes | None = None) -> None:
        """Pre-configure the device (step 0), with a first T-ID where it is to be called by one.

        Raises ``ValueError`` for a key, ID, policy or T-ID that cannot be, ``PowerLost`` when cut: then the identity is
        the old one or the new one, and provisioning is repeated.
        """
        if t_id is not None and len(t_id) != T_ID_OCTETS:
            raise ValueError(f"a T-ID has {T_ID_OCTETS} octets, not {len(t_id)}")
        if len(key) != KEY_OCTETS or len(device_id) != DEVICE_ID_OCTETS:
            raise ValueError(
                f"a key has {KEY_OCTETS} octets and an ID {DEVICE_ID_OCTETS}: {len(key)}, {len(device_id)}"
            )
        require_stored_policy("policy", policy)
        self._slots.commit(key + device_id + bytes([policy]))
        if t_id is not None:
            self.call_by(t_id, t_id)

    def t_ids(self) -> tuple[bytes, ...]:
        """Return the T-IDs that mean this device: the current one and, should the network have missed it, the last."""
        record = self._t_ids.read() or b""
        return tuple(record[at : at + T_ID_OCTETS] for at in range(0, len(record), T_ID_OCTETS))

    def call_by(self, current: bytes, previous: bytes) -> None:
        """Be called by another T-ID; raises ``PowerLost`` when cut: then the old ones count."""
        self._t_ids.commit(current + previous)

    def read(self) -> Identity | None:
        """Return what was pre-configured, None before."""
        record = self._slots.read()
        if record is None:
            return None
        key, rest = record[:KEY_OCTETS], record[KEY_OCTETS:]
        return Identity(Secret(key), rest[:DEVICE_ID_OCTETS], rest[-1])
