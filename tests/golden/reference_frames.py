"""Octets, check sequences and MAC frames, one bit at a time, from air-interface.md alone (section 5, rules 1 to 10)."""

from __future__ import annotations

from collections.abc import Sequence


def octet_bits(octets: bytes) -> list[int]:
    """Return the bits in transmission order, LSB of each octet first (rule 1)."""
    return [octet >> place & 1 for octet in octets for place in range(8)]


def bit_octets(bits: Sequence[int]) -> bytes:
    """Return the octets of ``bits``, LSB first, the last one padded with zeros (rule 1)."""
    octets = bytearray((len(bits) + 7) // 8)
    for index, bit in enumerate(bits):
        octets[index // 8] |= bit << index % 8
    return bytes(octets)


def crc16(octets: bytes) -> int:
    """Return x^16 + x^12 + x^5 + 1, preset ones, complemented, LSB first (section 5, rule 2)."""
    register = 0xFFFF
    for bit in octet_bits(octets):
        feedback = (register ^ bit) & 1
        register >>= 1
        if feedback:
            register ^= 0x8408
    return register ^ 0xFFFF


def crc8(octets: bytes) -> int:
    """Return the octet of the FCS that would be sent first (rule 2)."""
    return crc16(octets) & 0xFF


def header(kind: int, station: int, *, protected: bool = False) -> bytes:
    """Return Frame Control and ID (rules 4 and 5)."""
    return bytes((kind | protected << 4, station & 0xFF, station >> 8))


def frame(kind: int, station: int, body: bytes, *, ul_rate: int = 0, protected: bool = False) -> bytes:
    """Return header with Length and UL rate, body and FCS (section 5)."""
    control = len(body) - 1 | ul_rate << 6
    octets = header(kind, station, protected=protected) + bytes((control & 0xFF, control >> 8)) + body
    check = crc16(octets)
    return octets + bytes((check & 0xFF, check >> 8))


def short_frame(kind: int, station: int) -> bytes:
    """Return an Ack or an Excitation frame: Frame Control, ID, truncated FCS (section 5)."""
    octets = header(kind, station)
    return octets + bytes((crc8(octets),))


def ack(station: int) -> bytes:
    """Return an Ack (Type 6)."""
    return short_frame(6, station)


def excitation_frame() -> bytes:
    """Return an Excitation frame (Type 11): ID 0 (rule 5)."""
    return short_frame(11, 0)


def trigger(session: int, slots: int, slot_us: int, *, ul_rate: int = 0, seed_index: int = 0) -> bytes:
    """Return a random-access Trigger (Type 5, rule 7) with an ACWE of 3, to all."""
    units = -(-slot_us // 4)
    body = bytes((0, seed_index | 3 << 2, session, slots, units & 0xFF, units >> 8))
    return frame(5, 0xFFFF, body, ul_rate=ul_rate)


def response(station: int, content: bytes, *, ul_rate: int = 0) -> bytes:
    """Return a Response (Type 9, rule 10) with data."""
    return frame(9, station, b"\x00" + content, ul_rate=ul_rate)


def data(station: int, body: bytes) -> bytes:
    """Return a protected Data frame (Type 12); ``body`` stands for shim, ciphertext and MIC (rule 3)."""
    return frame(12, station, body, protected=True)


def rfid(station: int, bits: Sequence[int], *, ul_rate: int = 0) -> bytes:
    """Return an RFID frame (Type 10, rule 10) that carries ``bits`` of a Gen2 command or reply."""
    return frame(10, station, bytes((len(bits),)) + bit_octets(bits), ul_rate=ul_rate)
