"""A device as the authority keeps it: its record for S2, its PSK, its name, and all that as text for a database."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from ampradio.security.provisioning import DeviceRecord
from ampradio.security.provisioning.profiles import GWID_OCTETS, TK_NONCE_OCTETS
from ampradio.security.provisioning.server.records import Issue
from ampradio.security.secret import Secret

SERIAL_OCTETS = (12, 16)
PSK_OCTETS = 32
NAME_OCTETS_MAX = 64
EPOCH_MAX = (1 << 63) - 1


class EntryError(ValueError):
    """A device's record is not one; never holds a secret."""


@dataclass(frozen=True)
class Entry:
    """One device. ``key_version`` counts the times that its PSK was replaced."""

    record: DeviceRecord
    name: str = ""
    psk: Secret | None = field(default=None)
    key_version: int = 0

    def __post_init__(self) -> None:
        if len(self.record.serial) not in SERIAL_OCTETS:
            raise EntryError(f"a serial number has 12 or 16 octets, not {len(self.record.serial)}")
        if self.psk is not None and len(self.psk) != PSK_OCTETS:
            raise EntryError(f"a PSK has {PSK_OCTETS} octets, not {len(self.psk)}")
        if len(self.name.encode()) > NAME_OCTETS_MAX or not self.name.isprintable():
            raise EntryError(f"a name has up to {NAME_OCTETS_MAX} printable octets")
        if not 0 <= self.record.epoch <= EPOCH_MAX or not 0 <= self.key_version <= EPOCH_MAX:
            raise EntryError("an epoch or key version is out of range")


def state_text(record: DeviceRecord) -> str:
    """Return where a device is or may be bound, as JSON; it holds a key when an EK seeds the next PRK."""
    state = {
        "current": None if record.current is None else _issue_out(record.current),
        "unconfirmed": [_issue_out(issue) for issue in record.unconfirmed],
        "inner": record.inner,
        "answered": record.answered,
    }
    return json.dumps(state, separators=(",", ":"))


def with_state(record: DeviceRecord, text: str) -> DeviceRecord:
    """Return ``record`` with the bindings of ``state_text``; raises ``EntryError`` for any other text."""
    try:
        state = json.loads(text)
        current = state["current"]
        return replace(
            record,
            current=None if current is None else _issue_in(current),
            unconfirmed=tuple(_issue_in(issue) for issue in state["unconfirmed"]),
            inner=_count(state["inner"]),
            answered=_count(state["answered"]),
        )
    except EntryError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise EntryError("the state of a device cannot be read") from None


def _issue_out(issue: Issue) -> dict[str, Any]:
    return {
        "gwid": issue.gwid.hex(),
        "address": issue.address,
        "nonce": issue.nonce.hex(),
        "device_nonce": issue.device_nonce.hex(),
        "seed": None if issue.seed is None else issue.seed.expose().hex(),
    }


def _issue_in(issue: dict[str, Any]) -> Issue:
    gwid, nonce = bytes.fromhex(issue["gwid"]), bytes.fromhex(issue["nonce"])
    address = _count(issue["address"])
    if len(gwid) != GWID_OCTETS or len(nonce) != TK_NONCE_OCTETS or address >= 1 << 16:
        raise EntryError("a binding in the state of a device cannot be")
    seed = None if issue["seed"] is None else Secret(bytes.fromhex(issue["seed"]))
    return Issue(gwid, address, nonce, bytes.fromhex(issue["device_nonce"]), seed)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= EPOCH_MAX:
        raise EntryError("a number in the state of a device is out of range")
    return value
