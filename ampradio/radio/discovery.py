"""Which radios answer: through libiio, at the addresses given or where a PlutoSDR usually is."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT_PORT = 30431
_USUAL_HOST = "192.168.2.1"  # a PlutoSDR's own address on its USB network
_EMULATED_PORTS = range(DEFAULT_PORT, DEFAULT_PORT + 16)
_CONNECT_S = 0.3


class NoLibiio(Exception):  # noqa: N818 – reads as what it is
    """libiio or its Python side is missing or does not fit."""


@dataclass(frozen=True)
class Radio:
    """A radio that answered."""

    uri: str
    model: str
    serial: str
    firmware: str
    devices: tuple[str, ...]


def usual_uris() -> Iterator[str]:
    """Yield where radios may be: USB, a PlutoSDR's own address, emulated ones on this machine."""
    yield from _usb_uris(Path("/sys/bus/usb/devices"))
    if _listens(_USUAL_HOST, DEFAULT_PORT):
        yield f"ip:{_USUAL_HOST}"
    for port in _EMULATED_PORTS:
        if _listens("127.0.0.1", port):
            yield f"ip:127.0.0.1:{port}"


def radios_at(uris: Iterable[str]) -> Iterator[tuple[str, Radio | str]]:
    """Yield each URI with the radio that answers there, or with the reason why none does.

    Raises:
        NoLibiio: nothing can be asked.
    """
    iio = _iio()
    for uri in uris:
        try:
            context = iio.Context(uri)
        except OSError as error:
            yield uri, error.strerror or str(error)
            continue
        about = context.attrs
        names = tuple(device.name for device in context.devices if device.name)
        yield uri, Radio(uri, about.get("hw_model", ""), about.get("hw_serial", ""), about.get("fw_version", ""), names)
        del context


def _iio() -> Any:
    try:
        import iio
    except (ImportError, AttributeError, OSError) as error:
        raise NoLibiio(str(error)) from error
    return iio


def _usb_uris(devices: Path) -> Iterator[str]:
    """Yield the IIO interfaces of the kernel's USB tree; libiio's own search stops where no Avahi runs."""
    for interface in sorted(devices.glob("*:*/interface")):
        with contextlib.suppress(OSError, ValueError):  # unplugged while we look
            if interface.read_text().strip() == "IIO":
                device = devices / interface.parent.name.partition(":")[0]
                bus, address = (int((device / name).read_text()) for name in ("busnum", "devnum"))
                number = int((interface.parent / "bInterfaceNumber").read_text(), 16)
                yield f"usb:{bus}.{address}.{number}"


def _listens(host: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=_CONNECT_S):
        return True
    return False
