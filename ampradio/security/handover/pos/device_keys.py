"""A PoS's device keys: the node keys on its leaf's path, and opening a group key block with them (page 6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import primitives
from ampradio.security.handover.pos.site import required
from ampradio.security.handover.profiles import LITE_ID_OCTETS, MIC_OCTETS, NODE_OCTETS, WRAPPED_OCTETS, Tlv
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError
from ampradio.security.secret import Secret

GROUP_LAYOUT = (
    (Tlv.TARGET_GROUP, 4),
    (Tlv.SEQUENCE, 4),
    (Tlv.SUBTREE, NODE_OCTETS),
    (Tlv.TPOS, LITE_ID_OCTETS),
    (Tlv.KEY_LIFETIME, 4),
    (Tlv.GROUP_KEY_DATA, WRAPPED_OCTETS),
    (Tlv.VERIFY_CODE, MIC_OCTETS),
)


@dataclass(frozen=True)
class GroupEntry:
    """One member's part of a group key block; ``seq`` grows with every block of one manager (rule 26)."""

    group: bytes
    seq: bytes
    node: bytes
    tpos: bytes
    life: bytes
    wrapped: bytes
    verify: bytes

    @classmethod
    def read(cls, fields: dict[int, bytes]) -> GroupEntry:
        """Take an entry out of service-specific TLVs; raises ``RefusedError`` if a field is missing or mis-sized."""
        return cls(*(required(fields, tlv, octets) for tlv, octets in GROUP_LAYOUT))

    @property
    def fields(self) -> list[tuple[Tlv, bytes]]:
        """The entry as fields, in the order of the lite layout."""
        values = (self.group, self.seq, self.node, self.tpos, self.life, self.wrapped, self.verify)
        return [(tlv, value) for (tlv, _), value in zip(GROUP_LAYOUT, values, strict=True)]

    @property
    def covered(self) -> bytes:
        """What the verification code covers."""
        return self.group + self.seq + self.node + self.tpos + self.life + self.wrapped


class DeviceKeys:
    """Issued by a Group Manager: a key for every node from depth 1 down to the leaf (R5.55)."""

    def __init__(self, leaf: int, keys: dict[int, Secret]) -> None:
        """Take the leaf and the keys by depth; raises ``ValueError`` unless all depths are there."""
        if not keys or sorted(keys) != list(range(1, len(keys) + 1)) or not 0 <= leaf < 1 << len(keys):
            raise ValueError("device keys are one for each depth of the path to a leaf")
        self._leaf = leaf
        self._keys = keys

    def open(self, entry: GroupEntry) -> Secret:
        """Return the group key of an entry; raises ``RefusedError`` for a node not on the path or a wrong code."""
        depth, index = entry.node[0], int.from_bytes(entry.node[1:NODE_OCTETS], "big")
        if depth not in self._keys or index != self._leaf >> (len(self._keys) - depth):
            raise RefusedError(Reason.BAD_GROUP_KEY.value)
        key = primitives.aes_unwrap(self._keys[depth].expose(), entry.wrapped)
        if key is None or not primitives.equal(primitives.aes_cmac(key, entry.covered, MIC_OCTETS), entry.verify):
            raise RefusedError(Reason.BAD_GROUP_KEY.value)
        return Secret(key)
