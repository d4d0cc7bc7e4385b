"""The two-octet shim before every payload, and cutting a message into fragments (protocols page, section 1.1).

Octet 0 is PROTO (3 bits, most significant) and MSG (5); octet 1 is M (more fragments), FN (3) and PROF (4).
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.refusal import Reason, Refusal
from ampradio.profile.model import Mac
from ampradio.security.session import Message

CLEAR_PROTO = 0
_WIDTHS = {"proto": 3, "msg": 5, "fragment": 3, "prof": 4}


@dataclass(frozen=True)
class Shim:
    """Which message of which system a payload belongs to, and which fragment of it this is."""

    proto: int
    msg: int
    prof: int = 0
    fragment: int = 0
    more: bool = False

    def encode(self) -> bytes:
        """Return the two octets; raises ``ValueError`` for a value that does not fit."""
        for name, bits in _WIDTHS.items():
            if not 0 <= getattr(self, name) < 1 << bits:
                raise ValueError(f"shim {name} is {getattr(self, name)}, must be 0…{(1 << bits) - 1}")
        return bytes([self.proto << 5 | self.msg, self.more << 7 | self.fragment << 4 | self.prof])


def split_body(mac: Mac, body: bytes) -> tuple[Shim, bytes] | Refusal:
    """Return shim and payload of a frame body, or why it is refused."""
    if len(body) < mac.shim_octets:
        return Refusal(Reason.BAD_SHIM, f"{len(body)} octets")
    shim = Shim(body[0] >> 5, body[0] & 0x1F, body[1] & 0x0F, body[1] >> 4 & 0x07, bool(body[1] >> 7))
    return shim, body[mac.shim_octets :]


def payload_octets_max(mac: Mac) -> int:
    """Return how many payload octets fit one frame."""
    return mac.body_octets_max - mac.shim_octets


def fragment_sizes(mac: Mac, payload_octets: int) -> list[int]:
    """Return the payload octets of each fragment of a message; raises ``ValueError`` if it needs too many."""
    room = payload_octets_max(mac)
    count = max(1, -(-payload_octets // room))
    if payload_octets < 0 or count > mac.fragments_max:
        raise ValueError(f"a message of {payload_octets} octets does not fit {mac.fragments_max} fragments of {room}")
    return [min(room, payload_octets - index * room) for index in range(count)]


def fragments(mac: Mac, message: Message) -> list[tuple[Shim, bytes]]:
    """Return shim and payload of each fragment of ``message``, in order; raises ``ValueError`` if it needs too many."""
    sizes = fragment_sizes(mac, len(message.payload))
    pieces = []
    start = 0
    for index, size in enumerate(sizes):
        shim = Shim(message.proto, message.msg, message.prof, index, index + 1 < len(sizes))
        pieces.append((shim, message.payload[start : start + size]))
        start += size
    return pieces


def message_frame_octets(mac: Mac, payload_octets: int) -> list[int]:
    """Return the PSDU octets of each frame of a message; raises ``ValueError`` if it needs too many fragments."""
    around = mac.header_octets + mac.shim_octets + mac.fcs_octets
    return [around + size for size in fragment_sizes(mac, payload_octets)]
