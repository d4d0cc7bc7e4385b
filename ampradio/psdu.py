"""Octets, bits and check sequences of the AMP air: the part that the PHY and the MAC both need.

Rules 1, 2, 4 and 6 of the air-interface page: LSB first, CRC-16/X-25 as the FCS, the octet of it that is
sent first as CRC-8, the Gen2 CRC-16 as the backscatter ID, and the size of a frame from its header.
"""

from __future__ import annotations

import binascii

import numpy as np
import numpy.typing as npt

from ampradio.profile.model import Mac

SIZING_OCTETS = 5
_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))


def bits_of(octets: bytes) -> npt.NDArray[np.uint8]:
    """Return the bits of ``octets`` in transmission order, LSB of each octet first, shape (8·n,)."""
    return np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little")


def octets_of(bits: npt.NDArray[np.uint8]) -> bytes:
    """Return the octets of ``bits`` (shape (n,), LSB first), the last one padded with zeros."""
    return np.packbits(bits, bitorder="little").tobytes()


def crc16(octets: bytes) -> int:
    """Return CRC-16/X-25 (802.11ba FCS: x^16+x^12+x^5+1, preset ones, complemented, reflected).

    ``b"123456789"`` gives 0x906E.
    """
    register = binascii.crc_hqx(octets.translate(_REVERSED), 0xFFFF) ^ 0xFFFF
    return _REVERSED[register & 0xFF] << 8 | _REVERSED[register >> 8]


def fcs(octets: bytes) -> bytes:
    """Return the two FCS octets as they are sent (little-endian)."""
    return crc16(octets).to_bytes(2, "little")


def crc8(octets: bytes) -> int:
    """Return the truncated FCS: the octet of the CRC-16 that would be sent first."""
    return crc16(octets) & 0xFF


def gen2_crc16(octets: bytes) -> int:
    """Return the EPC Gen2 CRC-16 (``b"123456789"`` gives 0xD64E), which is the backscatter ID of an EPC."""
    return binascii.crc_hqx(octets, 0xFFFF) ^ 0xFFFF


def frame_octets(mac: Mac, start: bytes) -> int | None:
    """Return the size in octets of the frame whose first octets are ``start``, or None if more are needed.

    Ack and Excitation have a fixed size; every other type, known or not, is sized by Length (rule 6).
    """
    if not start:
        return None
    if start[0] & 0x0F in (mac.type_ack, mac.type_excitation):
        return mac.short_frame_octets
    if len(start) < SIZING_OCTETS:
        return None
    return mac.header_octets + (start[3] & 0x3F) + 1 + mac.fcs_octets
