"""Reading pcapng files (draft-ietf-opsawg-pcapng): blocks laid down by hand, files cut off, and who may read them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from testbed.capture.error import CaptureError
from testbed.capture.pcapng import INBOUND, OUTBOUND, Interface, Packet, PcapngWriter, read_pcapng

SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHIHH4sHHI", 1, 32, 147, 0, 0, 2, 2, b"ap\0\0", 0, 0, 32)
OTHER = struct.pack("<IIII", 0x0BAD, 16, 7, 16)  # a block that nobody here knows


def enhanced_packet(octets: bytes, time_ns: int, direction: int) -> bytes:
    """Section 4.3: interface, time in two halves, lengths, octets to a border of four, a comment, the flags."""
    padded = octets + bytes(-len(octets) % 4)
    options = struct.pack("<HH4sHHIHH", 1, 3, b"one\0", 2, 4, direction, 0, 0)
    body = struct.pack("<IIIII", 0, time_ns >> 32, time_ns & 0xFFFFFFFF, len(octets), len(octets)) + padded + options
    length = 12 + len(body)
    return struct.pack("<II", 6, length) + body + struct.pack("<I", length)


@pytest.mark.parametrize("count", range(6))
@pytest.mark.parametrize("direction", [INBOUND, OUTBOUND])
def test_a_packet_of_any_size_has_its_time_and_direction(count: int, direction: int, tmp_path: Path) -> None:
    octets, time_ns = bytes(range(1, 1 + count)), (5 << 32) + 6
    path = tmp_path / "made.pcapng"
    path.write_bytes(SECTION + INTERFACE + OTHER + enhanced_packet(octets, time_ns, direction) + OTHER)
    interfaces, packets = read_pcapng(path)
    assert interfaces == [Interface(147, "ap")]
    assert list(packets) == [Packet(0, time_ns, octets, direction)]


def test_a_file_that_was_cut_gives_the_packets_before(tmp_path: Path) -> None:
    """At every octet: the packets that are there whole, and no error."""
    two = [enhanced_packet(b"first", 1, INBOUND), enhanced_packet(b"second", 2, OUTBOUND)]
    whole, path = SECTION + INTERFACE + b"".join(two), tmp_path / "cut.pcapng"
    begin = len(SECTION) + len(INTERFACE)
    for size in range(begin, len(whole) + 1):
        path.write_bytes(whole[:size])
        expected = [b"first"] * (size >= begin + len(two[0])) + [b"second"] * (size == len(whole))
        assert [packet.octets for packet in read_pcapng(path)[1]] == expected


@pytest.mark.parametrize("length", [0, 8, 13, 1 << 25])
def test_a_block_whose_length_lies_is_told(length: int, tmp_path: Path) -> None:
    path = tmp_path / "lies.pcapng"
    path.write_bytes(SECTION + INTERFACE + struct.pack("<II", 6, length) + bytes(64))
    with pytest.raises(CaptureError, match=f"block of {length} octets"):
        read_pcapng(path)


def test_what_is_private_is_its_owner_s_also_where_a_file_was(tmp_path: Path) -> None:
    """Keys: a file that everybody could read before is written anew, and closed to them."""
    for name, private, mode in (("keys", True, 0o600), ("frames", False, 0o644)):
        path = tmp_path / f"{name}.pcapng"
        path.write_bytes(b"of before")
        path.chmod(0o644)
        with PcapngWriter(path, Interface(147, "ap"), private=private) as file:
            file.write(7, b"abc", direction=OUTBOUND)
        assert path.stat().st_mode & 0o777 == mode
        assert list(read_pcapng(path)[1]) == [Packet(0, 7, b"abc", OUTBOUND)]
