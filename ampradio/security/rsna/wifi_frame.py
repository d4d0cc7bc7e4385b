"""802.11 MPDUs for a capture: management frames, EAPOL over LLC, and CCMP (IEEE 802.11, 9.2 to 9.4, 12.5.3)."""

from __future__ import annotations

from ampradio.security import aead
from ampradio.security.rsna.profiles import PN_OCTETS, RATES_ELEMENT, SSID_ELEMENT, RsnaParameters
from ampradio.security.secret import Secret

_ASSOC_REQUEST, _ASSOC_RESPONSE, _BEACON, _AUTHENTICATION, _DEAUTHENTICATION = 0x00, 0x10, 0x80, 0xB0, 0xC0
_DATA = 0x08
_TO_DS, _FROM_DS, _PROTECTED = 0x01, 0x02, 0x40
_BROADCAST = b"\xff" * 6
_CAPABILITY = b"\x11\x00"  # ESS, privacy
_LISTEN_INTERVAL = b"\x01\x00"
_BEACON_INTERVAL = b"\x64\x00"
_RATES = bytes([RATES_ELEMENT, 1, 0x82])  # a tool wants to see one; AMP's are below 802.11's unit
_EAPOL = bytes.fromhex("aaaa03000000888e")
_LOCAL_EXPERIMENTAL = bytes.fromhex("aaaa0300000088b5")  # ethertype 1 for local experiments
_EXTENDED_IV = 0x20


class Frames:
    """Builds the MPDUs of one BSS, with a sequence number for each."""

    def __init__(self, aa: bytes, parameters: RsnaParameters) -> None:
        self._aa = aa
        self._ssid = bytes([SSID_ELEMENT, len(parameters.ssid)]) + parameters.ssid
        self._sequence = 0

    def beacon(self, element: bytes) -> bytes:
        """Return a beacon: what an advert stands for."""
        body = bytes(8) + _BEACON_INTERVAL + _CAPABILITY + self._ssid + _RATES + element
        return self._header(_BEACON, 0, _BROADCAST, self._aa, self._aa) + body

    def authentication(self, spa: bytes, *, up: bool) -> bytes:
        """Return an open authentication request or response."""
        return self._management(_AUTHENTICATION, spa, up) + bytes([0, 0, 1 if up else 2, 0, 0, 0])

    def association_request(self, spa: bytes, element: bytes) -> bytes:
        """Return an association request."""
        body = _CAPABILITY + _LISTEN_INTERVAL + self._ssid + _RATES + element
        return self._management(_ASSOC_REQUEST, spa, True) + body

    def association_response(self, spa: bytes, status: int, aid: int) -> bytes:
        """Return an association response."""
        body = _CAPABILITY + status.to_bytes(2, "little") + (aid | 0xC000).to_bytes(2, "little") + _RATES
        return self._management(_ASSOC_RESPONSE, spa, False) + body

    def deauthentication(self, spa: bytes, reason: bytes) -> bytes:
        """Return a deauthentication of the AP."""
        return self._management(_DEAUTHENTICATION, spa, False) + reason

    def eapol(self, spa: bytes, octets: bytes, *, up: bool) -> bytes:
        """Return a data frame that carries an 802.1X frame in clear."""
        return self._data(spa, 0, up=up) + _EAPOL + octets

    def ccmp(self, receiver: bytes, key: Secret, key_id: int, pn: int, data: bytes, *, up: bool) -> bytes:
        """Return a protected data frame; ``receiver`` is the station, or everyone."""
        header = self._data(receiver, _PROTECTED, up=up)
        number = pn.to_bytes(PN_OCTETS, "big")
        iv = bytes([number[5], number[4], 0, _EXTENDED_IV | key_id << 6, *reversed(number[:4])])
        aad = header[:2] + header[4:22] + bytes([header[22] & 0x0F, 0])
        nonce = b"\0" + header[10:16] + number
        return header + iv + aead.ccm_seal(key.expose(), nonce, _LOCAL_EXPERIMENTAL + data, aad)

    def _management(self, subtype: int, spa: bytes, up: bool) -> bytes:
        receiver, sender = (self._aa, spa) if up else (spa, self._aa)
        return self._header(subtype, 0, receiver, sender, self._aa)

    def _data(self, spa: bytes, flags: int, *, up: bool) -> bytes:
        if up:
            return self._header(_DATA, flags | _TO_DS, self._aa, spa, self._aa)
        return self._header(_DATA, flags | _FROM_DS, spa, self._aa, self._aa)

    def _header(self, kind: int, flags: int, *addresses: bytes) -> bytes:
        self._sequence = (self._sequence + 1) % 4096
        return bytes([kind, flags, 0, 0]) + b"".join(addresses) + (self._sequence << 4).to_bytes(2, "little")
