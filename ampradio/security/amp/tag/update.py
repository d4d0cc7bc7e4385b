"""What a verified PMK-UPDATE does to a tag's record (protocols page 2.4, rule 9)."""

from __future__ import annotations

import struct
from typing import Protocol

from ampradio.security import primitives
from ampradio.security.amp.profiles import UNONCE_OCTETS, UpdateStatus
from ampradio.security.amp.record import PmkRecord
from ampradio.security.amp.tag.memory import TagMemory
from ampradio.security.amp.tag.messages import Secured
from ampradio.security.secret import Secret


class Note(Protocol):
    """Who writes down what happens."""

    def __call__(self, kind: str, **detail: str | int | bool | float) -> None:
        """Write down one thing."""


def commit(memory: TagMemory, update: Secured, hardened: bool, note: Note) -> UpdateStatus:
    """Do to a tag's record what ``update`` says and return what is answered; it is written before that is sent."""
    outcome = _outcome(memory.read(), update, hardened)
    if isinstance(outcome, PmkRecord):
        memory.commit(outcome)
        note("pmk_committed", version=outcome.version)
        return UpdateStatus.COMMITTED
    if outcome is not UpdateStatus.COMMITTED:
        note("pmk_update_refused", version=update.version, status=outcome.name.lower())
    return outcome


def _outcome(record: PmkRecord, update: Secured, hardened: bool) -> PmkRecord | UpdateStatus:
    """Return what is to be committed, or the status that is answered without a write."""
    if update.version == record.version:
        return UpdateStatus.COMMITTED
    if update.version < record.version:
        return UpdateStatus.STALE_VERSION
    version = struct.pack(">H", update.version)
    pmkv = (_unwrapped if update.wrap else _derived)(record.psk.expose(), version, update.body, hardened)
    return UpdateStatus.NOT_FROM_SERVER if pmkv is None else PmkRecord(record.psk, Secret(pmkv), update.version)


def _unwrapped(psk: bytes, version: bytes, wrapped: bytes, hardened: bool) -> bytes | None:
    return primitives.aes_unwrap(primitives.kdf(psk, b"AMP KEK", version, 128), wrapped)


def _derived(psk: bytes, version: bytes, body: bytes, hardened: bool) -> bytes | None:
    unonce, proof = body[:UNONCE_OCTETS], body[UNONCE_OCTETS:]
    if hardened:
        key = primitives.kdf(psk, b"AMP UPD", version, 128)
        if not primitives.equal(proof, primitives.aes_cmac(key, version + unonce, len(proof))):
            return None
    return primitives.kdf(psk, b"AMP PMKv", version + unonce, 256)
