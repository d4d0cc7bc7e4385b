"""A pcapng file that grows packet by packet: one section, several interfaces, times in nanoseconds; and reading one.

After draft-ietf-opsawg-pcapng: Section Header, Interface Description and Enhanced Packet blocks; written little-endian.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from testbed.capture.error import CaptureError

LINKTYPE_RAW_IP = 101
LINKTYPE_IEEE802_11 = 105
LINKTYPE_AMP = 147  # USER0: nobody has assigned AMP one

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_LENGTH_UNKNOWN = 0xFFFFFFFFFFFFFFFF
_END_OF_OPTIONS, _APPLICATION, _NAME, _TIME_RESOLUTION, _PACKET_FLAGS = 0, 4, 2, 9, 2
_NANOSECONDS = 9
_BLOCK_OCTETS_MAX = 1 << 24
INBOUND, OUTBOUND = 1, 2


@dataclass(frozen=True)
class Interface:
    """Where packets of one link type come from."""

    linktype: int
    name: str


@dataclass(frozen=True)
class Packet:
    """A packet of a file: which interface, when, in which direction (0, INBOUND, OUTBOUND), its octets."""

    interface: int
    time_ns: int
    octets: bytes
    direction: int = 0


class PcapngWriter:
    """Writes and flushes one packet after the other, so that a run that is killed leaves a file that can be read."""

    def __init__(self, path: Path, *interfaces: Interface, private: bool = False) -> None:
        """Begin a file for packets of these interfaces; only the owner may read a ``private`` one. Raises OSError."""
        mode = 0o600 if private else 0o666
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        if private:
            os.fchmod(descriptor, mode)
        self._file = os.fdopen(descriptor, "wb")
        section = struct.pack("<IHHQ", _BYTE_ORDER, 1, 0, _LENGTH_UNKNOWN)
        self._block(_SECTION, section + _option(_APPLICATION, b"AMP testbed") + _option(_END_OF_OPTIONS))
        resolution = _option(_TIME_RESOLUTION, bytes([_NANOSECONDS]))
        for each in interfaces:
            head = struct.pack("<HHI", each.linktype, 0, 0) + _option(_NAME, each.name.encode())
            self._block(_INTERFACE, head + resolution + _option(_END_OF_OPTIONS))

    def write(self, time_ns: int, octets: bytes, interface: int = 0, direction: int = 0) -> None:
        """Append a packet; ``time_ns`` counts from the run's beginning."""
        count = len(octets)
        head = struct.pack("<IIIII", interface, time_ns >> 32, time_ns & 0xFFFFFFFF, count, count)
        flags = struct.pack("<I", direction)
        options = _option(_PACKET_FLAGS, flags) + _option(_END_OF_OPTIONS) if direction else b""
        self._block(_PACKET, head + _padded(octets) + options)

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


def read_pcapng(path: Path) -> tuple[list[Interface], Iterator[Packet]]:
    """Return the interfaces of a file of ours and its packets; the last one may be cut. Raises CaptureError.

    Interfaces are those described before the first packet.
    """
    blocks = _blocks(path)
    interfaces: list[Interface] = []
    first: Packet | None = None
    for kind, body in blocks:
        if kind == _INTERFACE and len(body) >= 8:
            interfaces.append(Interface(struct.unpack_from("<H", body)[0], _name(body[8:])))
        elif kind == _PACKET and (first := _packet(body)) is not None:
            break

    def packets() -> Iterator[Packet]:
        if first is not None:
            yield first
        for kind, body in blocks:
            packet = _packet(body) if kind == _PACKET else None
            if packet is not None:
                yield packet

    return interfaces, packets()


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        begin = file.read(12)
        if len(begin) < 12 or struct.unpack("<I", begin[:4])[0] != _SECTION or begin[8:] != _BYTE_ORDER_OCTETS:
            raise CaptureError(path, "is no little-endian pcapng file", "name a frames.pcapng of a run")
        file.seek(0)
        while len(head := file.read(8)) == 8:
            kind, length = struct.unpack("<II", head)
            if length % 4 or not 12 <= length <= _BLOCK_OCTETS_MAX:
                raise CaptureError(path, f"holds a block of {length} octets", "copy it whole")
            rest = file.read(length - 8)
            if len(rest) < length - 8:
                return
            yield kind, rest[:-4]


_BYTE_ORDER_OCTETS = struct.pack("<I", _BYTE_ORDER)


def _packet(body: bytes) -> Packet | None:
    if len(body) < 20:
        return None
    interface, high, low, captured, _ = struct.unpack_from("<IIIII", body)
    if 20 + captured > len(body):
        return None
    flags = _options(body[20 + captured + -captured % 4 :]).get(_PACKET_FLAGS, b"")
    direction = flags[0] & 3 if flags else 0
    return Packet(interface, high << 32 | low, body[20 : 20 + captured], direction)


def _name(options: bytes) -> str:
    return _options(options).get(_NAME, b"").decode("utf-8", "replace")


def _options(octets: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(octets) >= 4:
        code, size = struct.unpack_from("<HH", octets)
        if code == _END_OF_OPTIONS or 4 + size > len(octets):
            break
        found[code] = octets[4 : 4 + size]
        octets = octets[4 + size + -size % 4 :]
    return found


def _option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)
