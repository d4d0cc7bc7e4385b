"""AMP-SIG: two octets that tell a tag whether the PPDU may be for it (rule 15)."""

from __future__ import annotations

from ampradio.profile.model import Downlink
from ampradio.psdu import crc8

PARTIAL_ID_BITS = 6


def octets(downlink: Downlink, partial_id: int) -> bytes:
    """Return the two AMP-SIG octets: version, device type, ``partial_id``, then the CRC-8 of that octet.

    Raises ValueError for a partial ID outside 0…63.
    """
    if not 0 <= partial_id < 1 << PARTIAL_ID_BITS:
        raise ValueError(f"partial ID must be 0…63, not {partial_id}")
    first = downlink.sig_version | downlink.sig_device_type << 1 | partial_id << 2
    return bytes((first, crc8(bytes((first,)))))


def partial_id_of(downlink: Downlink, received: bytes) -> int | None:
    """Return the partial ID that a received AMP-SIG carries, or None if it is not a valid AMP-SIG of this version."""
    if len(received) != len(octets(downlink, 0)) or crc8(received[:1]) != received[1]:
        return None
    partial_id = received[0] >> 2
    return partial_id if octets(downlink, partial_id) == received else None
