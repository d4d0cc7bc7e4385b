"""The MN's end of a security association: sequence numbers and the Security TLV (rule 25)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.aead import ccm_open, ccm_seal
from ampradio.security.handover.profiles import SN_LAST, IdType
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret

UPLINK, DOWNLINK = b"\x01", b"\x00"


@dataclass
class Link:
    """One SA with one PoS. ``mark`` is how far NVM allows ``sent`` to go; None when the SA is volatile."""

    pos: bytes
    said: bytes
    key: Secret
    id_type: IdType
    life_s: int = 0
    expires_ns: int | None = None
    sent: int = 0
    received: int = 0
    mark: int | None = None

    @property
    def used_up(self) -> bool:
        """True when no sequence number is left in one direction."""
        return self.sent >= SN_LAST or self.received >= SN_LAST

    def needs_mark(self) -> bool:
        """Return whether NVM has to be written before the next message is sealed."""
        return self.mark is not None and self.sent >= self.mark

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """Return the value of a Security TLV for the PoS under the next sequence number."""
        self.sent += 1
        head = self.said + self.sent.to_bytes(2, "big")
        return head + ccm_seal(self.key.expose(), UPLINK + head + bytes(8), plain, aad)

    def open(self, value: bytes, aad: bytes) -> tuple[bytes, int]:
        """Return plaintext and its number, which the caller takes over in ``received``; raises ``RefusedError``."""
        head, number = value[:4], int.from_bytes(value[2:4], "big")
        if len(value) < 4 or head[:2] != self.said:
            raise RefusedError(Reason.NO_ASSOCIATION.value)
        if number <= self.received:
            raise RefusedError(Reason.REPLAY.value)
        plain = ccm_open(self.key.expose(), DOWNLINK + head + bytes(8), value[4:], aad)
        if plain is None:
            raise RefusedError(Reason.BAD_ICV.value)
        return plain, number
