"""A security association as a PoS holds it, and the Security TLV it makes and opens (page 6.4, rule 25)."""

from __future__ import annotations

from ampradio.security import key_log
from ampradio.security.aead import ccm_open, ccm_seal
from ampradio.security.handover.profiles import SN_LAST, IdType
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import CCM_NONCE_OCTETS
from ampradio.security.secret import Secret

_SAID_OCTETS = 2
_HEAD_OCTETS = 4
_S_PER_NS = 1_000_000_000


class Association:
    """One SA with one peer.

    ``key`` is MIEK (legacy: MIAK, which is K_SPoS); ``direction`` the nonce's first octet for what this end sends: 0
    towards the MN, and on the backhaul 1 from the end that initiated the SA. Nothing is sent or taken beyond SN 65 535.
    """

    def __init__(
        self,
        peer: bytes,
        said: bytes,
        key: Secret,
        id_type: IdType,
        *,
        direction: int = 0,
        expires_ns: int | None = None,
        suite: int = 1,
    ) -> None:
        """Take what both ends agreed on; raises ``ValueError`` for a SAID that is not two octets."""
        if len(said) != _SAID_OCTETS:
            raise ValueError(f"a SAID has {_SAID_OCTETS} octets, not {len(said)}")
        self.peer = peer
        self.said = said
        self.key = key
        self.id_type = id_type
        self.suite = suite
        self.expires_ns = expires_ns
        self._direction = direction
        key_log.keep(key_log.S5_SA, said + peer, key)
        self.port_open = False  # until the peer's first frame under this SA (rule 24)
        self.sent = 0
        self.received = 0

    @property
    def exhausted(self) -> bool:
        """True once the last sequence number of either direction was used."""
        return max(self.sent, self.received) >= SN_LAST

    def expired(self, now_ns: int) -> bool:
        """Return whether the lifetime is over (R5.60)."""
        return self.expires_ns is not None and now_ns >= self.expires_ns

    def seal(self, octets: bytes, aad: bytes) -> bytes:
        """Return SAID ‖ SN ‖ ciphertext ‖ ICV under the next SN; raises ``RefusedError`` when none is left."""
        if self.exhausted:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        self.sent += 1
        number = self.sent.to_bytes(2, "big")
        sealed = ccm_seal(self.key.expose(), self._nonce(self._direction, number), octets, aad)
        return self.said + number + sealed

    def open(self, security: bytes, aad: bytes) -> bytes:
        """Return what a Security TLV of the peer holds; raises ``RefusedError`` for a stale or forged one."""
        if len(security) < _HEAD_OCTETS or security[:_SAID_OCTETS] != self.said or self.exhausted:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        number = security[_SAID_OCTETS:_HEAD_OCTETS]
        if int.from_bytes(number, "big") <= self.received:
            raise RefusedError(Reason.REPLAY.value)
        nonce = self._nonce(1 - self._direction, number)
        plain = ccm_open(self.key.expose(), nonce, security[_HEAD_OCTETS:], aad)
        if plain is None:
            raise RefusedError(Reason.BAD_ICV.value)
        self.received = int.from_bytes(number, "big")
        return plain

    def _nonce(self, direction: int, number: bytes) -> bytes:
        return (bytes([direction]) + self.said + number).ljust(CCM_NONCE_OCTETS, b"\0")


def expiry_ns(now_ns: int, lifetime_s: int) -> int:
    """Return when a lifetime that begins now is over."""
    return now_ns + lifetime_s * _S_PER_NS
