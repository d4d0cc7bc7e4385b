"""Whether a PSDU's check sequence holds: the receiver counts, and in blind reception it picks the scrambler seed."""

from __future__ import annotations

from ampradio.profile.model import Mac
from ampradio.psdu import crc8, fcs


def check_holds(mac: Mac, psdu: bytes) -> bool:
    """Return True if the FCS of ``psdu``, or the CRC-8 of a short frame, is right (rule 2)."""
    if len(psdu) == mac.short_frame_octets:
        return crc8(psdu[:-1]) == psdu[-1]
    return len(psdu) > mac.fcs_octets and fcs(psdu[: -mac.fcs_octets]) == psdu[-mac.fcs_octets :]
