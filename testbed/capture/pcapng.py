"""A pcapng file that grows packet by packet: one section, one interface, times in nanoseconds.

After draft-ietf-opsawg-pcapng: Section Header, Interface Description and Enhanced Packet blocks, little-endian.
"""

from __future__ import annotations

import struct
from pathlib import Path
from types import TracebackType

LINKTYPE_RAW_IP = 101
LINKTYPE_IEEE802_11 = 105

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_LENGTH_UNKNOWN = 0xFFFFFFFFFFFFFFFF
_END_OF_OPTIONS, _APPLICATION, _NAME, _TIME_RESOLUTION = 0, 4, 2, 9
_NANOSECONDS = 9


class PcapngWriter:
    """Writes and flushes one packet after the other, so that a run that is killed leaves a file that can be read."""

    def __init__(self, path: Path, linktype: int, name: str) -> None:
        """Begin a file for packets of one link type, heard by an interface of this name; raises ``OSError``."""
        self._file = path.open("wb")
        section = struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _LENGTH_UNKNOWN)
        self._block(_SECTION, section + _option(_APPLICATION, b"AMP testbed") + _option(_END_OF_OPTIONS))
        interface = struct.pack("<HHI", linktype, 0, 0)
        resolution = _option(_TIME_RESOLUTION, bytes([_NANOSECONDS]))
        self._block(_INTERFACE, interface + _option(_NAME, name.encode()) + resolution + _option(_END_OF_OPTIONS))

    def write(self, time_ns: int, octets: bytes) -> None:
        """Append a packet; ``time_ns`` counts from the run's beginning."""
        head = struct.pack("<IIIII", 0, time_ns >> 32, time_ns & 0xFFFFFFFF, len(octets), len(octets))
        self._block(_PACKET, head + _padded(octets))

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def __enter__(self) -> PcapngWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _block(self, kind: int, body: bytes) -> None:
        length = struct.pack("<I", 12 + len(body))
        self._file.write(struct.pack("<I", kind) + length + body + length)
        self._file.flush()


def _option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
