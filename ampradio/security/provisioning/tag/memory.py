"""What a tag remembers across power losses: whom it belongs to, and how far its counters went (page 3.4, rules 12-14).

Two records, each in two slots. The counters' record carries the epoch it belongs to, so a new binding needs no write to
start them anew.
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.nvm import Rows, TwoSlot
from ampradio.security.provisioning.profiles import (
    ADDRESS_OCTETS,
    EPOCH_OCTETS,
    GWID_OCTETS,
    KEY_OCTETS,
    SEEDED,
    TK_NONCE_OCTETS,
)
from ampradio.security.secret import Secret

_BOUND, _SEEDED = 0x01, 0x02
_BINDING_OCTETS_MAX = 1 + ADDRESS_OCTETS + GWID_OCTETS + TK_NONCE_OCTETS + 32 + KEY_OCTETS
_MARK_OCTETS = 16


@dataclass(frozen=True)
class Awaiting:
    """Provisioning mode: what was the last epoch, and the session key that may seed the next PRK."""

    epoch: int = 0
    seed: Secret | None = None


@dataclass(frozen=True)
class Bound:
    """Normal mode: the public inputs from which every key of this provisioning is derived again."""

    address: bytes
    gwid: bytes
    nonce: bytes
    device_nonce: bytes
    seed: Secret | None = None

    @property
    def epoch(self) -> int:
        """The epoch in front of TK_NONCE."""
        return int.from_bytes(self.nonce[:EPOCH_OCTETS], "big")

    @property
    def station_id(self) -> int:
        """The ID of the frame header: LOCAL_ADDR without b15."""
        return int.from_bytes(self.address, "big") & ~SEEDED


@dataclass(frozen=True)
class Mark:
    """The highest (x, CNTR) ever in use under a binding, and the server's last end-to-end counter."""

    x: int = 1
    cntr: int = 0
    inner: int = 0


class TagMemory:
    """The two records of one tag."""

    def __init__(self, rows: Rows, first_row: int = 0) -> None:
        """Take the memory and where in it the records lie."""
        self._binding = TwoSlot(rows, first_row, _BINDING_OCTETS_MAX)
        self._marks = TwoSlot(rows, first_row + TwoSlot.rows_needed(_BINDING_OCTETS_MAX), _MARK_OCTETS)

    @staticmethod
    def rows_needed() -> int:
        """Return how many rows of NVM the two records take."""
        return TwoSlot.rows_needed(_BINDING_OCTETS_MAX) + TwoSlot.rows_needed(_MARK_OCTETS)

    def state(self) -> Awaiting | Bound:
        """Return the mode the tag is in; as it left the factory it awaits its first provisioning."""
        record = self._binding.read()
        if record is None:
            return Awaiting()
        flags, rest = record[0], record[1:]
        rest, seed = (rest[:-KEY_OCTETS], Secret(rest[-KEY_OCTETS:])) if flags & _SEEDED else (rest, None)
        if not flags & _BOUND:
            return Awaiting(int.from_bytes(rest, "big"), seed)
        gwid_end = ADDRESS_OCTETS + GWID_OCTETS
        nonce_end = gwid_end + TK_NONCE_OCTETS
        address, gwid, nonce = rest[:ADDRESS_OCTETS], rest[ADDRESS_OCTETS:gwid_end], rest[gwid_end:nonce_end]
        return Bound(address, gwid, nonce, rest[nonce_end:], seed)

    def bind(self, bound: Bound) -> None:
        """Commit a provisioning: with the last row of this the tag is in normal mode (rule 13)."""
        fields = bound.address + bound.gwid + bound.nonce + bound.device_nonce
        self._binding.commit(_record(_BOUND, fields, bound.seed))

    def release(self, awaiting: Awaiting) -> None:
        """Commit the return to provisioning mode: address, nonces and counters are gone, the epoch stays."""
        self._binding.commit(_record(0, awaiting.epoch.to_bytes(EPOCH_OCTETS, "big"), awaiting.seed))

    def mark(self, bound: Bound) -> Mark:
        """Return the counters of this binding; those of an earlier one do not count."""
        record = self._marks.read()
        if record is None or int.from_bytes(record[:EPOCH_OCTETS], "big") != bound.epoch:
            return Mark()
        return Mark(record[8], int.from_bytes(record[9:12], "big"), int.from_bytes(record[12:], "big"))

    def set_mark(self, bound: Bound, mark: Mark) -> None:
        """Commit counters, before they are first used (rule 12)."""
        counters = bytes([mark.x]) + mark.cntr.to_bytes(3, "big") + mark.inner.to_bytes(4, "big")
        self._marks.commit(bound.epoch.to_bytes(EPOCH_OCTETS, "big") + counters)


def _record(flags: int, fields: bytes, seed: Secret | None) -> bytes:
    if seed is None:
        return bytes([flags]) + fields
    return bytes([flags | _SEEDED]) + fields + seed.expose()
