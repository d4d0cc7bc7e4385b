"""Discovery, open authentication and association, as the AP says and hears them (R4.1 to R4.7; rules 20 and 21).

Lite bodies elide what never changes; full ones are the fixed fields and elements of the 802.11 management frames.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ampradio.security import primitives
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.infrastructure.elements import (
    LITE_OCTETS,
    Suites,
    compress_element,
    encode_element,
    expand_element,
    parse_element,
)
from ampradio.security.rsna.profiles import (
    CCMP_128,
    EXTENSION_ELEMENT,
    PMKID_OCTETS,
    RSN_ELEMENT,
    SSID_ELEMENT,
    SSID_HASH_EXTENSION,
    SSID_HASH_OCTETS,
    STATUS_BAD_AKM,
    STATUS_BAD_ELEMENT,
    STATUS_BAD_GROUP,
    STATUS_BAD_PAIRWISE,
    STATUS_OK,
    STATUS_REFUSED,
    VENDOR_ELEMENT,
    Order,
    RsnaParameters,
)
from ampradio.security.rsna.refusal import Reason

_PRIVACY = 0x0010
_OPEN_SYSTEM = 0


@dataclass(frozen=True)
class AssociationRequest:
    """A station's choice: its element as it stands, and what it says."""

    element: bytes
    suites: Suites


class Management:
    """The bodies of one AP."""

    def __init__(self, parameters: RsnaParameters, element: bytes | None) -> None:
        """Take the element to advertise, None for the default one with all AKMs.

        Raises ``ValueError`` for several AKMs in the lite encoding, which has room for one.
        """
        suites = Suites(CCMP_128, (CCMP_128,), parameters.akms)
        self._parameters = parameters
        self.element = encode_element(parameters.order, suites) if element is None else element
        if parameters.lite and len(parameters.akms) > 1:
            raise ValueError("the lite advert has room for one AKM")

    def advert(self) -> bytes:
        """Return the advert: what suites the AP has, and which network it is."""
        name = primitives.sha256(self._parameters.ssid)[:SSID_HASH_OCTETS]
        if self._parameters.lite:
            return compress_element(parse_element(Order.RSN, self.element)) + name
        return self.element + bytes([EXTENSION_ELEMENT, 1 + len(name), SSID_HASH_EXTENSION]) + name

    def auth_request(self, payload: bytes) -> None:
        """Take an open authentication request; raises ``RefusedError`` for another one."""
        expected = b"\0" if self._parameters.lite else struct.pack("<HHH", _OPEN_SYSTEM, 1, 0)
        if payload != expected:
            raise RefusedError(Reason.MALFORMED)

    def auth_response(self) -> bytes:
        """Return the response: success, as open authentication always is."""
        return b"\0\0" if self._parameters.lite else struct.pack("<HHH", _OPEN_SYSTEM, 2, STATUS_OK)

    def association_request(self, payload: bytes) -> AssociationRequest:
        """Read an association request; raises ``RefusedError`` for one without an element or of another network."""
        if self._parameters.lite:
            pmkid = payload[1 + LITE_OCTETS :]
            if len(payload) < 1 + LITE_OCTETS or payload[0] > 1 or len(pmkid) != payload[0] * PMKID_OCTETS:
                raise RefusedError(Reason.MALFORMED)
            element = expand_element(payload[1 : 1 + LITE_OCTETS], (pmkid,) if pmkid else ())
            return AssociationRequest(element, parse_element(Order.RSN, element))
        elements = _elements(payload[4:])
        if elements.get(SSID_ELEMENT) != bytes([SSID_ELEMENT, len(self._parameters.ssid)]) + self._parameters.ssid:
            raise RefusedError(Reason.OTHER_NETWORK)
        element = elements.get(VENDOR_ELEMENT if self._parameters.order is Order.WPA1 else RSN_ELEMENT, b"")
        return AssociationRequest(element, parse_element(self._parameters.order, element))

    def judge(self, suites: Suites, has_psk: bool) -> int:
        """Return the status code of a choice (9.4.1.9): one of each suite, and only what was offered."""
        if len(suites.akms) != 1 or len(suites.pairwise) != 1:
            return STATUS_BAD_ELEMENT
        if suites.group != CCMP_128:
            return STATUS_BAD_GROUP
        if suites.pairwise[0] != CCMP_128:
            return STATUS_BAD_PAIRWISE
        if suites.akms[0] not in self._parameters.akms:
            return STATUS_BAD_AKM
        return STATUS_OK if has_psk else STATUS_REFUSED

    def association_response(self, status: int, aid: int) -> bytes:
        """Return the response."""
        if self._parameters.lite:
            return struct.pack("<BH", status, aid)
        return struct.pack("<HHH", _PRIVACY, status, aid)


def _elements(octets: bytes) -> dict[int, bytes]:
    """Return the elements by ID, each with its two octets in front; the first of a kind counts."""
    found: dict[int, bytes] = {}
    while octets:
        size = 2 + octets[1] if len(octets) > 1 else 0
        if not 2 <= size <= len(octets):
            raise RefusedError(Reason.MALFORMED)
        found.setdefault(octets[0], octets[:size])
        octets = octets[size:]
    return found
