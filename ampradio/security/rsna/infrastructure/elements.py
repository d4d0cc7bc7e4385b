"""The RSN element (IEEE 802.11, 9.4.2.24), WPA's older one, and the lite forms, as the AP handles them (rule 21)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import (
    CCMP_128,
    PMKID_OCTETS,
    RSN_ELEMENT,
    RSN_OUI,
    VENDOR_ELEMENT,
    WPA_OUI,
    Order,
)
from ampradio.security.rsna.refusal import Reason

LITE_OCTETS = 4


@dataclass(frozen=True)
class Suites:
    """What an element offers or chooses; only suites of the element's own organisation count."""

    group: int
    pairwise: tuple[int, ...]
    akms: tuple[int, ...]
    capabilities: int = 0
    pmkids: tuple[bytes, ...] = ()


def encode_element(order: Order, suites: Suites) -> bytes:
    """Return the element with its two octets in front."""
    oui = WPA_OUI if order is Order.WPA1 else RSN_OUI
    body = struct.pack("<H", 1) + oui + bytes([suites.group])
    for listed in (suites.pairwise, suites.akms):
        body += struct.pack("<H", len(listed)) + b"".join(oui + bytes([suite]) for suite in listed)
    if order is Order.WPA1:
        body = oui + b"\x01" + body
        return bytes([VENDOR_ELEMENT, len(body)]) + body
    body += struct.pack("<H", suites.capabilities)
    if suites.pmkids:
        body += struct.pack("<H", len(suites.pmkids)) + b"".join(suites.pmkids)
    return bytes([RSN_ELEMENT, len(body)]) + body


def parse_element(order: Order, element: bytes) -> Suites:
    """Return what an element says; raises ``RefusedError`` for one that is not whole."""
    reader = _Reader(element)
    kind, length = reader.take(1)[0], reader.take(1)[0]
    oui, expected = (WPA_OUI, VENDOR_ELEMENT) if order is Order.WPA1 else (RSN_OUI, RSN_ELEMENT)
    if kind != expected or length != len(element) - 2:
        raise RefusedError(Reason.MALFORMED)
    if order is Order.WPA1 and reader.take(4) != WPA_OUI + b"\x01":
        raise RefusedError(Reason.MALFORMED)
    if reader.number() != 1:
        raise RefusedError(Reason.MALFORMED)
    group = _of(oui, reader.take(4))
    pairwise = tuple(_of(oui, reader.take(4)) for _ in range(reader.number()))
    akms = tuple(_of(oui, reader.take(4)) for _ in range(reader.number()))
    capabilities = reader.number() if reader.left else 0
    pmkids = tuple(reader.take(PMKID_OCTETS) for _ in range(reader.number())) if reader.left else ()
    if reader.left not in (0, 4):  # a group management suite may follow
        raise RefusedError(Reason.MALFORMED)
    return Suites(group, pairwise, akms, capabilities, pmkids)


def compress_element(suites: Suites) -> bytes:
    """Return AKM, pairwise, group, low capabilities octet."""
    return bytes([suites.akms[0], suites.pairwise[0], suites.group, suites.capabilities & 0xFF])


def expand_element(lite: bytes, pmkids: tuple[bytes, ...] = ()) -> bytes:
    """Return the RSN element that four octets stand for."""
    return encode_element(Order.RSN, Suites(lite[2], (lite[1],), (lite[0],), lite[3], pmkids))


def default_suites(akms: tuple[int, ...]) -> Suites:
    """Return CCMP-128 for both, with these AKMs."""
    return Suites(CCMP_128, (CCMP_128,), akms)


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    @property
    def left(self) -> int:
        return len(self._octets) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise RefusedError(Reason.MALFORMED)
        self._at += count
        return self._octets[self._at - count : self._at]

    def number(self) -> int:
        (number,) = struct.unpack("<H", self.take(2))
        return int(number)


def _of(oui: bytes, suite: bytes) -> int:
    return suite[3] if suite[:3] == oui else -1
