"""Radio URIs: ``pluto:ip:HOST[:PORT]``, ``pluto:usb:[BUS.DEVICE.INTERFACE]``, ``emu:[ip:HOST[:PORT]]``."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ampradio.radio.discovery import usual_uris
from ampradio.radio.errors import NoRadioError, RadioUriError

_FORMS = "pluto:ip:192.168.2.1, pluto:usb:, or emu: for what `amp emulate` serves here"
_IP = re.compile(r"ip:(?P<host>[\w.-]+)(:(?P<port>\d{1,5}))?")
_USB = re.compile(r"usb:(\d+\.\d+\.\d+)?")
_EMULATED_AT = "ip:127.0.0.1"


@dataclass(frozen=True)
class RadioUri:
    """A radio URI taken apart: what libiio is told, and whether only an emulated radio will do."""

    text: str
    libiio: str
    emulated: bool

    @property
    def network_address(self) -> tuple[str, int] | None:
        """Host and port, or None on USB."""
        match = _IP.fullmatch(self.libiio)
        return (match["host"], int(match["port"] or 30431)) if match else None


def radio_uri(text: str) -> RadioUri:
    """Return the radio that ``text`` names; plain ``ip:…`` and ``usb:…`` mean a PlutoSDR too.

    Raises:
        RadioUriError: it names none, or ``emu:`` another machine.
        NoRadioError: ``usb:`` without a number, and none is plugged in.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "emu":
        return _emulated(text, rest or _EMULATED_AT)
    where = rest if scheme == "pluto" else text
    if where == "usb:":
        return RadioUri(text, _first_on_usb(), False)
    if not (_IP.fullmatch(where) or _USB.fullmatch(where)):
        raise RadioUriError(f"{text!r} names no radio", f"give {_FORMS}")
    return RadioUri(text, where, False)


def _emulated(text: str, where: str) -> RadioUri:
    match = _IP.fullmatch(where)
    if match is None:
        raise RadioUriError(f"{text!r} names no emulated radio", "give emu: or emu:ip:127.0.0.1:PORT")
    try:
        is_here = ipaddress.ip_address(match["host"]).is_loopback
    except ValueError:
        is_here = match["host"] == "localhost"
    if not is_here:
        raise RadioUriError(f"{text!r}: emulated radios are on this machine only", f"give pluto:{where} for a real one")
    return RadioUri(text, where, True)


def _first_on_usb() -> str:
    for uri in usual_uris():
        if uri.startswith("usb:"):
            return uri
        break  # those on USB come first
    raise NoRadioError("no PlutoSDR is plugged in", "plug it in and wait for its light; `amp devices` lists radios")
