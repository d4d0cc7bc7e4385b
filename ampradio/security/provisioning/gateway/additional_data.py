"""AAD and CCM nonces as the infrastructure builds them (protocols page, rules 1, 2 and 11)."""

from __future__ import annotations

import struct

from ampradio.profile.model import Mac
from ampradio.security.provisioning.profiles import PROTO, SEEDED


def header_data(mac: Mac, prof: int, station_id: int, msg: int) -> bytes:
    """Return what a MAC covers of the frame around a payload: FC, ID (little-endian), PROTO and MSG, PROF."""
    frame_control = mac.type_authentication + (1 << mac.protected_bit)
    return struct.pack("<BHBB", frame_control, station_id, PROTO * 32 + msg, prof)


def frame_nonce(direction: int, address: int, x: int, cntr: int, seq: int) -> bytes:
    """Return a data frame's nonce; ``direction`` is 0 down and 1 up, ``address`` LOCAL_ADDR as sent."""
    return struct.pack(">BHBIH3x", direction, address, x, cntr, seq)


def header_id(address: int) -> int:
    """Return the frame header's ID of a LOCAL_ADDR as sent."""
    return address & (SEEDED - 1)
