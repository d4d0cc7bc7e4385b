"""What the server keeps of a device (R2.25), and where; how a record gets there is out of scope (R2.27)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ampradio.security import primitives
from ampradio.security.agreement import KEY_OCTETS
from ampradio.security.provisioning.profiles import EPOCH_OCTETS, SEEDED
from ampradio.security.secret import Secret


@dataclass(frozen=True)
class Issue:
    """What was given to a device at a gateway: ``address`` is LOCAL_ADDR as sent."""

    gwid: bytes
    address: int
    nonce: bytes
    device_nonce: bytes = b""
    seed: Secret | None = None

    @property
    def epoch(self) -> int:
        """The epoch in front of TK_NONCE."""
        return int.from_bytes(self.nonce[:EPOCH_OCTETS], "big")

    @property
    def station_id(self) -> int:
        """The ID under which a tag with this address is called."""
        return self.address & ~SEEDED


@dataclass(frozen=True)
class DeviceRecord:
    """One device: its serial number and public key, how far its epochs went, and where it is or may be bound.

    ``unconfirmed`` has at most one issue per gateway. ``inner`` and ``answered`` are the end-to-end counters.
    """

    public: bytes
    serial: Secret
    admitted: bool = True
    epoch: int = 0
    current: Issue | None = None
    unconfirmed: tuple[Issue, ...] = ()
    inner: int = 0
    answered: int = 0

    def __post_init__(self) -> None:
        if len(self.public) != KEY_OCTETS:
            raise ValueError(f"a public key has {KEY_OCTETS} octets, not {len(self.public)}")

    @property
    def device_hash(self) -> bytes:
        """H(A_pubk), which the QR code says."""
        return primitives.sha256(self.public)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Every issue that the device may be bound to."""
        return (*(() if self.current is None else (self.current,)), *self.unconfirmed)


class DeviceStore(Protocol):
    """Where records lie; ``put`` has reached safe storage when it returns."""

    def find(self, device_hash: bytes) -> DeviceRecord | None:
        """Return the record of a device, None for an unknown one."""

    def put(self, record: DeviceRecord) -> None:
        """Replace the record of a known device."""

    def __iter__(self) -> Iterator[DeviceRecord]:
        """Go through all records."""


class MemoryDeviceStore:
    """Records in ordinary memory."""

    def __init__(self) -> None:
        self._records: dict[bytes, DeviceRecord] = {}

    def add(self, record: DeviceRecord) -> None:
        """Take a new device; raises ``ValueError`` for a public key or a serial number that another one has."""
        if record.device_hash in self._records:
            raise ValueError(f"device {record.device_hash.hex()[:16]} is known already")
        if any(other.serial == record.serial for other in self._records.values()):
            raise ValueError(f"device {record.device_hash.hex()[:16]} has the serial number of another one")
        self._records[record.device_hash] = record

    def find(self, device_hash: bytes) -> DeviceRecord | None:
        """Return the record of a device."""
        return self._records.get(device_hash)

    def put(self, record: DeviceRecord) -> None:
        """Replace the record of a known device; raises ``KeyError`` for another."""
        if record.device_hash not in self._records:
            raise KeyError("put replaces a record that was added")
        self._records[record.device_hash] = record

    def __iter__(self) -> Iterator[DeviceRecord]:
        """Go through all records."""
        return iter(list(self._records.values()))
