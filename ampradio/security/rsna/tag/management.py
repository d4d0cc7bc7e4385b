"""Discovery, open authentication and association, as a tag hears and says them (R4.1 to R4.7; rules 20 and 21)."""

from __future__ import annotations

from ampradio.security import primitives
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import (
    CCMP_128,
    EXTENSION_ELEMENT,
    RATES_ELEMENT,
    SSID_ELEMENT,
    SSID_HASH_EXTENSION,
    SSID_HASH_OCTETS,
    RsnaParameters,
)
from ampradio.security.rsna.refusal import Reason
from ampradio.security.rsna.tag.elements import element_of_lite, lite_of_element, offer_of

_LISTEN_INTERVAL = 1
_RATE_250_KBPS = 0x80  # basic, 0 × 500 kb/s: AMP's rates are below 802.11's unit
_PRIVACY_AND_ESS = 0x0011


class Management:
    """The bodies of one tag."""

    def __init__(self, parameters: RsnaParameters) -> None:
        self._parameters = parameters
        self._name = primitives.sha256(parameters.ssid)[:SSID_HASH_OCTETS]

    def advert(self, payload: bytes) -> tuple[bytes, int]:
        """Return the AP's element and the AKM to use with it (R4.3 to R4.5).

        Raises ``RefusedError`` for another network, or an AP without a suite in common.
        """
        split = 4 if self._parameters.lite else len(payload) - 3 - SSID_HASH_OCTETS
        element, name = payload[: max(split, 0)], payload[max(split, 0) :]
        if not self._parameters.lite:
            if name[:3] != bytes([EXTENSION_ELEMENT, 1 + SSID_HASH_OCTETS, SSID_HASH_EXTENSION]):
                raise RefusedError(Reason.MALFORMED)
            name = name[3:]
        if len(element) < 4 or len(name) != SSID_HASH_OCTETS:
            raise RefusedError(Reason.MALFORMED)
        if name != self._name:
            raise RefusedError(Reason.OTHER_NETWORK)
        if self._parameters.lite:
            element = element_of_lite(element)
        offer = offer_of(self._parameters.order, element)
        akm = next((akm for akm in self._parameters.akms if akm in offer.akms), None)
        if akm is None or CCMP_128 not in offer.pairwise or offer.group != CCMP_128:
            raise RefusedError(Reason.NO_COMMON_SUITE)
        return element, akm

    def auth_request(self) -> bytes:
        """Return an open authentication request."""
        return b"\0" if self._parameters.lite else b"\0\0\1\0\0\0"

    def auth_response(self, payload: bytes) -> None:
        """Take the response; raises ``RefusedError`` unless it says success."""
        if payload != (b"\0\0" if self._parameters.lite else b"\0\0\2\0\0\0"):
            raise RefusedError(Reason.MALFORMED)

    def association_request(self, element: bytes, pmkid: bytes) -> bytes:
        """Return the choice."""
        if self._parameters.lite:
            return bytes([bool(pmkid)]) + lite_of_element(element) + pmkid
        ssid = self._parameters.ssid
        named = bytes([SSID_ELEMENT, len(ssid)]) + ssid + bytes([RATES_ELEMENT, 1, _RATE_250_KBPS])
        fixed = _PRIVACY_AND_ESS.to_bytes(2, "little") + _LISTEN_INTERVAL.to_bytes(2, "little")
        return fixed + named + element

    def association_response(self, payload: bytes) -> tuple[int, int]:
        """Return status and AID."""
        expected = 3 if self._parameters.lite else 6
        if len(payload) != expected:
            raise RefusedError(Reason.MALFORMED)
        status = payload[0] if self._parameters.lite else int.from_bytes(payload[2:4], "little")
        return status, int.from_bytes(payload[-2:], "little")
