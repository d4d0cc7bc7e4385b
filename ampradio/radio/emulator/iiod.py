"""One client's conversation in the text protocol of libiio 0.2x.

Source: libiio 0.24, iiod/parser.y and iiod/ops.c (the server), iiod-client.c (the client). A command is a line; an
answer is a decimal number, negative for an errno, and perhaps that many bytes.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable
from io import BufferedRWPair

from ampradio.radio.emulator.buffers import OpenReceive, OpenTransmit, opened
from ampradio.radio.emulator.context_xml import context_xml
from ampradio.radio.emulator.iio_tree import Attribute, Device, Refused, named
from ampradio.radio.emulator.pluto import EmulatedPluto

VERSION = (0, 25, "v0.25  ")  # the client wants seven characters
_MOST_LINE = 1024
_MOST_VALUE = 1 << 16
_MOST_TRANSFER = 64 << 20


class Conversation:
    """A client at ``pluto``; ``gone`` tells whether it has hung up."""

    def __init__(self, pluto: EmulatedPluto, stream: BufferedRWPair, gone: Callable[[], bool]) -> None:
        self._pluto, self._stream, self._gone = pluto, stream, gone
        self._patience_s: float | None = 2.5
        self._open: dict[str, OpenReceive | OpenTransmit] = {}

    def run(self) -> None:
        """Answer until the client leaves or says what no client says; raises OSError when the connection breaks."""
        try:
            while line := self._stream.readline(_MOST_LINE):
                if not line.endswith(b"\n"):
                    return
                words = line.decode("ascii", "replace").split()
                if words and (words[0] == "EXIT" or not self._answer(words)):
                    return
                self._stream.flush()
        finally:
            for each in self._open.values():
                each.close()

    def _answer(self, words: list[str]) -> bool:
        try:
            match words:
                case ["HELP"]:
                    self._say_text(
                        "VERSION PRINT TIMEOUT OPEN CLOSE READ WRITE READBUF WRITEBUF GETTRIG SETTRIG SET EXIT"
                    )
                case ["VERSION"]:
                    self._stream.write(b"%d.%d.%s\n" % (VERSION[0], VERSION[1], VERSION[2].encode()))
                case ["PRINT"]:
                    self._say_text(context_xml(self._pluto.devices, self._pluto.context_attributes(), VERSION))
                case ["TIMEOUT", milliseconds]:
                    given = _count(milliseconds)
                    self._patience_s = given / 1000 if given else None
                    self._say(0)
                case ["GETTRIG", name]:
                    self._device(name)
                    self._say(-errno.ENOENT)
                case ["SETTRIG", name, *_]:
                    self._device(name)
                    self._say(-errno.ENODEV)
                case ["SET", name, "BUFFERS_COUNT", count]:
                    self._pluto.set_depth(self._device(name).name, _count(count))
                    self._say(0)
                case ["READ", name, *where]:
                    self._read(self._device(name), where)
                case ["WRITE", name, *where, size]:
                    return self._write(name, where, size)
                case ["OPEN", name, samples, mask, *rest] if rest in ([], ["CYCLIC"]):
                    self._start(self._device(name), _count(samples), mask, bool(rest))
                case ["CLOSE", name]:
                    self._buffer(name).close()
                    del self._open[self._device(name).name]
                    self._say(0)
                case ["READBUF", name, size]:
                    self._read_buffer(name, _count(size))
                case ["WRITEBUF", name, size]:
                    return self._write_buffer(name, _count(size))
                case _:
                    self._say(-errno.EINVAL)
        except Refused as refused:
            self._say(-refused.number)
        return True

    def _device(self, name: str) -> Device:
        for device in self._pluto.devices:
            if name in (device.identity, device.name):
                return device
        raise Refused(errno.ENODEV)

    def _attributes(self, device: Device, where: list[str]) -> tuple[tuple[Attribute, ...], list[str]]:
        """Return the attributes that ``where`` chooses among, and the rest of it."""
        match where:
            case ["DEBUG", *rest]:
                return device.debug, rest
            case ["BUFFER", *rest]:
                return device.buffer, rest
            case [("INPUT" | "OUTPUT") as direction, channel, *rest]:
                return device.channel(channel, direction == "OUTPUT").attributes, rest
        return device.attributes, where

    def _read(self, device: Device, where: list[str]) -> None:
        attributes, rest = self._attributes(device, where)
        if len(rest) > 1:
            raise Refused(errno.EINVAL)
        with self._pluto.lock:
            data = _value(named(attributes, rest[0])) if rest else b"".join(map(_packed, attributes))
        self._say(len(data))
        self._stream.write(data + b"\n")

    def _write(self, name: str, where: list[str], size: str) -> bool:
        count = _count(size)
        if count > _MOST_VALUE:
            return False
        data = self._stream.read(count)  # before anything is refused, or the next command is read from within
        if len(data) != count:
            return False
        attributes, rest = self._attributes(self._device(name), where)
        if len(rest) != 1:
            raise Refused(errno.EINVAL)
        with self._pluto.lock:
            named(attributes, rest[0]).put(data.partition(b"\0")[0].decode("ascii", "replace").rstrip("\n"))
        self._say(count)
        return True

    def _start(self, device: Device, samples: int, mask: str, cyclic: bool) -> None:
        if device.name in self._open:
            raise Refused(errno.EBUSY)
        self._open[device.name] = opened(self._pluto, device, samples, mask, cyclic)
        self._say(0)

    def _buffer(self, name: str) -> OpenReceive | OpenTransmit:
        buffer = self._open.get(self._device(name).name)
        if buffer is None:
            raise Refused(errno.EBADF)
        return buffer

    def _read_buffer(self, name: str, size: int) -> None:
        buffer = self._buffer(name)
        if not isinstance(buffer, OpenReceive) or size > _MOST_TRANSFER:
            raise Refused(errno.EINVAL)
        first = True
        while size:
            part = buffer.take(size, self._patience_s, self._gone)
            self._say(len(part))
            if first:
                self._stream.write(buffer.mask.encode() + b"\n")
            self._stream.write(part)
            size -= len(part)
            first = False

    def _write_buffer(self, name: str, size: int) -> bool:
        buffer = self._buffer(name)
        if not isinstance(buffer, OpenTransmit) or not 0 < size <= buffer.size:
            raise Refused(errno.EINVAL)
        self._say(0)
        self._stream.flush()
        data = bytearray(size)
        if self._stream.readinto(data) != size:
            return False
        buffer.put(data, self._patience_s, self._gone)
        self._say(size)
        return True

    def _say(self, number: int) -> None:
        self._stream.write(b"%d\n" % number)

    def _say_text(self, text: str) -> None:
        data = text.encode()
        self._say(len(data))
        self._stream.write(data + b"\n")


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 12):
        raise Refused(errno.EINVAL)
    return int(word)


def _value(attribute: Attribute) -> bytes:
    return attribute.get().encode() + b"\0"


def _packed(attribute: Attribute) -> bytes:
    """Return a value as the answer to a question for all of them holds it: length or error, then padding to 4."""
    try:
        data = _value(attribute)
    except Refused as refused:
        return struct.pack(">i", -refused.number)
    return struct.pack(">i", len(data)) + data + bytes(-len(data) % 4)
