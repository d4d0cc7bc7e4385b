"""Updating the PMK: the server that knows the PSK, the order that the AP carries, the record in the tag's NVM.

Two methods (protocols page 2.4, rule 9): *derive* makes PMKv from the PSK, the version and a UNonce on both ends;
*wrap* sends it under AES key wrap. Neither shows the AP more than the PMK1 that belongs to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ampradio.security import primitives
from ampradio.security.amp.keys import pmk1_of
from ampradio.security.amp.messages import (
    SERVER_TAG_OCTETS,
    UNONCE_OCTETS,
    PmkUpdate,
    UpdateStatus,
    update_content_octets,
)
from ampradio.security.amp.profiles import AmpParameters
from ampradio.security.entropy import NonceSource
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource

VERSION_MAX = 0xFFFF


@dataclass(frozen=True)
class PmkRecord:
    """What survives a power loss: PSK, the current PMKv if there was an update, and its version (first 0)."""

    psk: Secret
    pmkv: Secret | None = None
    version: int = 0

    @property
    def root(self) -> Secret:
        """ROOT: PMKv if present, else the PSK."""
        return self.psk if self.pmkv is None else self.pmkv


class Nvm(Protocol):
    """The tag's non-volatile memory, as far as S1 sees it."""

    def read(self) -> PmkRecord:
        """Return the record that was committed last."""

    def commit(self, record: PmkRecord) -> None:
        """Replace the record at once: a power loss inside leaves the old one or the new one, never neither."""


class MemoryNvm:
    """A record in ordinary memory, for a simulated tag; counts its writes (R1.37)."""

    def __init__(self, record: PmkRecord) -> None:
        self._record = record
        self.commits = 0

    def read(self) -> PmkRecord:
        """Return the record."""
        return self._record

    def commit(self, record: PmkRecord) -> None:
        """Replace the record."""
        self._record = record
        self.commits += 1


@dataclass(frozen=True)
class PmkUpdateOrder:
    """What the server hands to one AP: the content of PMK-UPDATE and the PMK1 that holds after it."""

    version: int
    wrap: bool
    content: bytes
    pmk1: Secret


class PmkServer:
    """The server that shares the PSK with one tag and makes its PMKs (R1.25, R1.26)."""

    def __init__(self, record: PmkRecord, parameters: AmpParameters, entropy: EntropySource) -> None:
        """Take the record as the tag has it."""
        self._record = record
        self._parameters = parameters
        self._nonces = NonceSource(entropy)
        self._ordered: dict[int, Secret] = {}

    def pmk1(self, modifier: bytes, aa: bytes) -> Secret:
        """Return the PMK1 of the AP with this Modifier and address."""
        return pmk1_of(self._record.root, modifier, aa)

    def derive(self, version: int, modifier: bytes, aa: bytes) -> PmkUpdateOrder:
        """Order an update by derivation.

        Raises ``ValueError`` for a version that does not exceed the current one, ``EntropyError`` for a dead source.
        """
        self._require_newer(version)
        unonce = self._nonces.draw(UNONCE_OCTETS)
        content = unonce
        if self._parameters.hardened:
            content += _server_tag(self._record.psk, version, unonce)
        return self._order(version, False, content, _derived_pmkv(self._record.psk, version, unonce), modifier, aa)

    def wrap(self, version: int, modifier: bytes, aa: bytes) -> PmkUpdateOrder:
        """Order an update with a fresh key under AES key wrap; raises as ``derive`` does."""
        self._require_newer(version)
        pmkv = Secret(self._nonces.draw(len(self._record.psk)))
        content = primitives.aes_wrap(_wrapping_key(self._record.psk, version), pmkv.expose())
        return self._order(version, True, content, pmkv, modifier, aa)

    def confirm(self, version: int) -> None:
        """Take the PMKv of this version into use: the AP has seen the tag use or acknowledge it.

        Raises ``ValueError`` for a version that was not ordered.
        """
        if version not in self._ordered:
            raise ValueError(f"no update to version {version} was ordered")
        self._record = PmkRecord(self._record.psk, self._ordered.pop(version), version)

    def _require_newer(self, version: int) -> None:
        if not self._record.version < version <= VERSION_MAX:
            raise ValueError(f"version is {version}, must be {self._record.version + 1}…{VERSION_MAX}")

    def _order(
        self, version: int, wrap: bool, content: bytes, pmkv: Secret, modifier: bytes, aa: bytes
    ) -> PmkUpdateOrder:
        self._ordered[version] = pmkv
        return PmkUpdateOrder(version, wrap, content, pmk1_of(pmkv, modifier, aa))


def require_content(order: PmkUpdateOrder, parameters: AmpParameters) -> None:
    """Raise ``ValueError`` unless the order was made for these parameters."""
    expected = update_content_octets(parameters, order.wrap)
    if len(order.content) != expected:
        raise ValueError(f"the order carries {len(order.content)} octets, PROF {parameters.prof} needs {expected}")


def updated_record(record: PmkRecord, update: PmkUpdate, hardened: bool) -> PmkRecord | UpdateStatus:
    """Return what the tag is to commit for a verified PMK-UPDATE, or the status that it answers without a write."""
    if update.version == record.version:
        return UpdateStatus.COMMITTED
    if update.version < record.version:
        return UpdateStatus.STALE_VERSION
    pmkv = _received_pmkv(record.psk, update, hardened)
    return UpdateStatus.NOT_FROM_SERVER if pmkv is None else PmkRecord(record.psk, pmkv, update.version)


def _received_pmkv(psk: Secret, update: PmkUpdate, hardened: bool) -> Secret | None:
    if update.flags.wrap:
        pmkv = primitives.aes_unwrap(_wrapping_key(psk, update.version), update.content)
        return None if pmkv is None else Secret(pmkv)
    unonce, server_tag = update.content[:UNONCE_OCTETS], update.content[UNONCE_OCTETS:]
    if hardened and not primitives.equal(_server_tag(psk, update.version, unonce), server_tag):
        return None
    return _derived_pmkv(psk, update.version, unonce)


def _derived_pmkv(psk: Secret, version: int, unonce: bytes) -> Secret:
    return Secret(primitives.kdf(psk.expose(), b"AMP PMKv", version.to_bytes(2, "big") + unonce, 256))


def _wrapping_key(psk: Secret, version: int) -> bytes:
    return primitives.kdf(psk.expose(), b"AMP KEK", version.to_bytes(2, "big"), 128)


def _server_tag(psk: Secret, version: int, unonce: bytes) -> bytes:
    key = primitives.kdf(psk.expose(), b"AMP UPD", version.to_bytes(2, "big"), 128)
    return primitives.aes_cmac(key, version.to_bytes(2, "big") + unonce, SERVER_TAG_OCTETS)
