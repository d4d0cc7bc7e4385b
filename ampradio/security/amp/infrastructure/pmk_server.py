"""Updating the PMK at the server that knows the PSK: the orders that it makes and an AP carries (R1.25, R1.26).

Two methods (protocols page 2.4, rule 9): *derive* makes PMKv from the PSK, the version and a UNonce on both ends;
*wrap* sends it under AES key wrap. Neither shows the AP more than the PMK1 that belongs to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import primitives
from ampradio.security.amp.infrastructure.keys import pmk1_of
from ampradio.security.amp.profiles import SERVER_TAG_OCTETS, UNONCE_OCTETS, VERSION_MAX, AmpParameters
from ampradio.security.amp.record import PmkRecord
from ampradio.security.entropy import NonceSource
from ampradio.security.secret import Secret
from ampradio.security.session import EntropySource


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
    expected = parameters.update_content_octets(order.wrap)
    if len(order.content) != expected:
        raise ValueError(f"the order carries {len(order.content)} octets, PROF {parameters.prof} needs {expected}")


def _derived_pmkv(psk: Secret, version: int, unonce: bytes) -> Secret:
    return Secret(primitives.kdf(psk.expose(), b"AMP PMKv", version.to_bytes(2, "big") + unonce, 256))


def _wrapping_key(psk: Secret, version: int) -> bytes:
    return primitives.kdf(psk.expose(), b"AMP KEK", version.to_bytes(2, "big"), 128)


def _server_tag(psk: Secret, version: int, unonce: bytes) -> bytes:
    key = primitives.kdf(psk.expose(), b"AMP UPD", version.to_bytes(2, "big"), 128)
    return primitives.aes_cmac(key, version.to_bytes(2, "big") + unonce, SERVER_TAG_OCTETS)
