"""The MN's entry of a group key block: unwrap with a device key, check the code (rule 26)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ampradio.security.handover.profiles import Tlv
from ampradio.security.handover.refusal import Reason
from ampradio.security.handover.tag.memory import Home
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import aes_cmac, aes_unwrap, equal
from ampradio.security.secret import Secret

LAYOUT = [
    (Tlv.TARGET_GROUP, 4),
    (Tlv.SEQUENCE, 4),
    (Tlv.SUBTREE, 3),
    (Tlv.TPOS, 2),
    (Tlv.KEY_LIFETIME, 4),
    (Tlv.GROUP_KEY_DATA, 24),
    (Tlv.VERIFY_CODE, 8),
    (Tlv.STATUS, 1),
]


@dataclass(frozen=True)
class GroupKey:
    """A group key that is genuine: the key derivation key for one TPoS."""

    key: Secret
    seq: int
    tpos: bytes
    life_s: int


def open_block(home: Home, last_seq: int, fields: list[bytes]) -> GroupKey:
    """Return what a block holds for this MN; raises ``RefusedError`` for an old one or one that is not right."""
    group, seq, node, tpos, life, wrapped, verify, _ = fields
    number = int.from_bytes(seq, "big")
    if number <= last_seq:
        raise RefusedError(Reason.REPLAY.value)
    depth, index = struct.unpack(">BH", node)
    levels = len(home.device_keys)
    if not 1 <= depth <= levels or index != home.leaf >> (levels - depth):
        raise RefusedError(Reason.BAD_GROUP_KEY.value)
    key = aes_unwrap(home.device_keys[depth - 1].expose(), wrapped)
    if key is None:
        raise RefusedError(Reason.BAD_GROUP_KEY.value)
    if not equal(aes_cmac(key, group + seq + node + tpos + life + wrapped, 8), verify):
        raise RefusedError(Reason.BAD_GROUP_KEY.value)
    return GroupKey(Secret(key), number, tpos, int.from_bytes(life, "big"))
