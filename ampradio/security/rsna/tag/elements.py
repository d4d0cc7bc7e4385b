"""What a tag makes of an AP's element, and the one it chooses (IEEE 802.11, 9.4.2.24; rule 21).

A tag builds two shapes only: one AKM, one pairwise and one group suite, with or without a PMKID.
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import CCMP_128, RSN_ELEMENT, RSN_OUI, VENDOR_ELEMENT, WPA_OUI, Order
from ampradio.security.rsna.refusal import Reason

_VERSION_1 = b"\x01\x00"
_ONE = b"\x01\x00"


@dataclass(frozen=True)
class Offer:
    """What an AP has: suites by number, None for those of another organisation."""

    group: int | None
    pairwise: frozenset[int | None]
    akms: frozenset[int | None]


def chosen_element(order: Order, akm: int, pmkid: bytes = b"") -> bytes:
    """Return the element of the choice: CCMP-128 twice, one AKM."""
    suite, oui = bytes([CCMP_128]), WPA_OUI if order is Order.WPA1 else RSN_OUI
    body = _VERSION_1 + oui + suite + _ONE + oui + suite + _ONE + oui + bytes([akm])
    if order is Order.WPA1:
        return bytes([VENDOR_ELEMENT, 4 + len(body)]) + oui + b"\x01" + body
    body += b"\0\0" + (_ONE + pmkid if pmkid else b"")
    return bytes([RSN_ELEMENT, len(body)]) + body


def offer_of(order: Order, element: bytes) -> Offer:
    """Return what an element offers; raises ``RefusedError`` for one that is not whole."""
    start, oui, kind = 2, RSN_OUI, RSN_ELEMENT
    if order is Order.WPA1:
        start, oui, kind = 6, WPA_OUI, VENDOR_ELEMENT
    if len(element) < start + 6 or element[0] != kind or element[1] + 2 != len(element):
        raise RefusedError(Reason.MALFORMED)
    if element[start : start + 2] != _VERSION_1:
        raise RefusedError(Reason.MALFORMED)
    group, at = _suite(oui, element[start + 2 : start + 6]), start + 6
    lists = []
    for _ in range(2):
        count = int.from_bytes(element[at : at + 2], "little")
        end = at + 2 + 4 * count
        if len(element) < max(end, at + 2):
            raise RefusedError(Reason.MALFORMED)
        lists.append(frozenset(_suite(oui, element[place : place + 4]) for place in range(at + 2, end, 4)))
        at = end
    return Offer(group, lists[0], lists[1])


def element_of_lite(lite: bytes) -> bytes:
    """Return the RSN element that AKM, pairwise, group and capabilities octet stand for."""
    akm, pairwise, group, capabilities = lite
    body = _VERSION_1
    for count, suite in ((b"", group), (_ONE, pairwise), (_ONE, akm)):
        body += count + RSN_OUI + bytes([suite])
    return bytes([RSN_ELEMENT, 20]) + body + bytes([capabilities, 0])


def lite_of_element(element: bytes) -> bytes:
    """Return the four octets of an element of ``chosen_element``'s RSN shape."""
    return bytes([element[19], element[13], element[7], element[20]])


def _suite(oui: bytes, octets: bytes) -> int | None:
    return octets[3] if octets[:3] == oui else None
