"""The Group Ack frame: Session ID, N, slot bitmap, then the IDs heard in slot order (rule 8)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.header import Header, seal
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.subfields import Subfield, pack, unpack
from ampradio.profile.model import Mac

_FIXED_OCTETS = 2
_ID_OCTETS = 2


@dataclass(frozen=True)
class GroupAck:
    """A Group Ack; ``heard`` holds (slot, ID) pairs, slots counted from 1 in rising order."""

    session_id: int
    slots: int
    heard: tuple[tuple[int, int], ...] = ()

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` for slots outside 1…N, not rising, or too many IDs for a body."""
        if self.slots < 1:
            raise ValueError(f"a Group Ack covers 1…255 slots, not {self.slots}")
        heard_slots = [slot for slot, _ in self.heard]
        if heard_slots != sorted(set(heard_slots)) or any(not 1 <= slot <= self.slots for slot in heard_slots):
            raise ValueError(f"slots heard are {heard_slots}, must rise within 1…{self.slots}")
        bitmap = sum(1 << slot - 1 for slot in heard_slots)
        body = pack(
            Subfield("session_id", self.session_id, 8),
            Subfield("slots", self.slots, 8),
            Subfield("bitmap", bitmap, 8 * _bitmap_octets(self.slots)),
            *(Subfield("heard ID", station, 8 * _ID_OCTETS) for _, station in self.heard),
        )
        return seal(mac, Header(mac.type_group_ack, mac.broadcast_id), body)


def parse_group_ack(mac: Mac, header: Header, body: bytes) -> GroupAck | Refusal:
    """Return the Group Ack of a header and body that passed the FCS, or why it is refused."""
    if header.station_id != mac.broadcast_id:
        return Refusal(Reason.RESERVED_VALUE, f"ID {header.station_id}, not broadcast")
    if len(body) < _FIXED_OCTETS + _bitmap_octets(body[1] if len(body) > 1 else 0):
        return Refusal(Reason.BAD_BODY, f"{len(body)} octets")
    session_id, slots = body[0], body[1]
    start_of_ids = _FIXED_OCTETS + _bitmap_octets(slots)
    bitmap = int.from_bytes(body[_FIXED_OCTETS:start_of_ids], "little")
    heard_slots = [slot for slot in range(1, 8 * _bitmap_octets(slots) + 1) if bitmap >> slot - 1 & 1]
    if slots == 0 or any(slot > slots for slot in heard_slots):
        return Refusal(Reason.RESERVED_VALUE, f"bitmap beyond N = {slots}")
    if len(body) != start_of_ids + _ID_OCTETS * len(heard_slots):
        return Refusal(Reason.BAD_BODY, f"{len(body)} octets for {len(heard_slots)} IDs")
    ids = unpack(body[start_of_ids:], *[8 * _ID_OCTETS] * len(heard_slots))
    return GroupAck(session_id, slots, tuple(zip(heard_slots, ids, strict=True)))


def _bitmap_octets(slots: int) -> int:
    return -(-slots // 8)
