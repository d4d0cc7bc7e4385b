"""What an IIO context is made of: devices, channels, attributes, and the errors a kernel driver answers with."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class Refused(Exception):  # noqa: N818 – reads as what it is
    """The device does not do what was asked; ``number`` is the errno a Linux driver would answer with."""

    def __init__(self, number: int) -> None:
        super().__init__(errno.errorcode.get(number, str(number)))
        self.number = number


@dataclass(frozen=True)
class Attribute:
    """A file of sysfs: ``read`` gives its text, ``write`` takes text or raises Refused; None: it may not.

    ``filename`` is the file's own name, which channels may share; it is ``name`` for attributes of a device.
    """

    name: str
    read: Callable[[], str] | None
    write: Callable[[str], None] | None = None
    filename: str = ""

    def get(self) -> str:
        """Return the text; raises Refused."""
        if self.read is None:
            raise Refused(errno.EACCES)
        return self.read()

    def put(self, text: str) -> None:
        """Write ``text``; raises Refused."""
        if self.write is None:
            raise Refused(errno.EACCES)
        self.write(text)


@dataclass(frozen=True)
class Channel:
    """A channel of a device; ``scan`` is (index, format) of a channel that a buffer may hold."""

    name: str
    output: bool
    attributes: tuple[Attribute, ...]
    label: str = ""
    scan: tuple[int, str] | None = None


@dataclass(frozen=True)
class Device:
    """An IIO device."""

    identity: str
    name: str
    channels: tuple[Channel, ...]
    attributes: tuple[Attribute, ...] = ()
    debug: tuple[Attribute, ...] = ()
    buffer: tuple[Attribute, ...] = ()

    def channel(self, name: str, output: bool) -> Channel:
        """Return the channel of that identity or label; raises Refused."""
        for channel in self.channels:
            if name in (channel.name, channel.label) and channel.output == output:
                return channel
        raise Refused(errno.ENOENT)

    def scan_channels(self) -> tuple[Channel, ...]:
        """Return the channels that a buffer may hold, in their order."""
        return tuple(channel for channel in self.channels if channel.scan is not None)


@dataclass
class Stored:
    """A value that the hardware keeps and that changes nothing else; ``allowed`` lists what it may be."""

    text: str
    allowed: tuple[str, ...] = ()

    def read(self) -> str:
        """Return the value."""
        return self.text

    def write(self, text: str) -> None:
        """Keep a value; raises Refused (EINVAL) for one that is not allowed."""
        if self.allowed and text not in self.allowed:
            raise Refused(errno.EINVAL)
        self.text = text


def named(attributes: tuple[Attribute, ...], name: str) -> Attribute:
    """Return the attribute of that name or filename; raises Refused."""
    for attribute in attributes:
        if name in (attribute.name, attribute.filename):
            return attribute
    raise Refused(errno.ENOENT)


def of_channel(channel: Channel) -> Iterator[tuple[str, Attribute]]:
    """Yield (filename, attribute) of every attribute of a channel."""
    for attribute in channel.attributes:
        yield attribute.filename or attribute.name, attribute


def integer(text: str) -> int:
    """Return the whole number in ``text``, a fraction cut off as the kernel does; raises Refused (EINVAL)."""
    return int(number(text))


def number(text: str) -> float:
    """Return the decimal number in ``text``, perhaps followed by dB; raises Refused (EINVAL)."""
    text = text.strip().removesuffix("dB").strip()
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    whole, _, fraction = digits.partition(".")
    plain = (whole + fraction).isascii() and (whole + fraction).isdigit() and len(digits) <= 24
    if not plain:
        raise Refused(errno.EINVAL)
    return sign * float(digits)


def flag(text: str) -> bool:
    """Return the truth value in ``text`` as the kernel reads it; raises Refused (EINVAL)."""
    if text[:1] in ("1", "y", "Y") or text.lower() in ("on", "true"):
        return True
    if text[:1] in ("0", "n", "N") or text.lower() in ("off", "false"):
        return False
    raise Refused(errno.EINVAL)
