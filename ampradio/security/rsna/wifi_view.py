"""The 802.11 frames that S4's messages stand for, as a sniffer on a Wi-Fi channel would have seen them.

A passive observer, for captures that people open with tools for Wi-Fi: it rebuilds what the lite encoding elides, and
with a PMK it puts data into CCMP frames that such a tool decrypts with that PMK. It belongs to neither end and feeds
nothing back. A CCMP frame has the packet number of the AMP frame that it shows with its highest bit set, so that no
nonce serves twice under a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import aes_unwrap
from ampradio.security.rsna.infrastructure.key_frame import KeyFrame, expand
from ampradio.security.rsna.infrastructure.keys import PairwiseKey, pairwise_key
from ampradio.security.rsna.infrastructure.management import Management
from ampradio.security.rsna.profiles import (
    AUTHENTICATOR_EAPOL,
    EAP_DOWN,
    EAP_UP,
    ENCRYPTED,
    KEY_OCTETS,
    SUPPLICANT_EAPOL,
    Msg,
    RsnaParameters,
    descriptor_version,
)
from ampradio.security.rsna.refusal import Reason
from ampradio.security.rsna.tag.elements import element_of_lite
from ampradio.security.rsna.tag.key_frame import read_lite
from ampradio.security.rsna.tag.keys import parse_key_data
from ampradio.security.rsna.tag.protection import Protection, ReceiveKey
from ampradio.security.rsna.wifi_frame import Frames
from ampradio.security.secret import Secret
from ampradio.security.session import Message

_TRIES = 4
_SHOWN = 1 << 47  # of a PN: no AMP frame ever gets there
_BROADCAST = b"\xff" * 6
_OCTETS_MIN = {Msg.ADVERT: 8, Msg.ASSOC_RESPONSE: 3}
_KEYS_UP = (Msg.PAIRWISE_2, Msg.PAIRWISE_4, Msg.GROUP_2)


@dataclass
class Seen:
    """What was seen of one station's association."""

    akm: int = 0
    pmkids: tuple[bytes, ...] = ()
    anonce: bytes = b""
    replay: int = 0
    ptk: PairwiseKey | None = None


class WifiView:
    """Shows the messages between one AP and its stations."""

    def __init__(
        self,
        mac: Mac,
        parameters: RsnaParameters,
        aa: bytes,
        stations: Mapping[int, bytes],
        pmks: Mapping[int, Secret] | None = None,
    ) -> None:
        """Take the AP's address, each station's by its ID, and the PMKs that are known by ID."""
        self._mac = mac
        self._parameters = parameters
        self._aa = aa
        self._stations = dict(stations)
        self._pmks = dict(pmks or {})
        self._frames = Frames(aa, parameters)
        self._management = Management(parameters, None)
        self._seen = {station_id: Seen() for station_id in stations}
        self._groups: dict[int, Secret] = {}

    def know(self, station_id: int, pmk: Secret) -> None:
        """Take a PMK that EAP has brought."""
        self._pmks[station_id] = pmk

    def mpdu(self, message: Message) -> bytes | None:
        """Return the MPDU of one message, without FCS; None for what cannot be shown (unknown, broken, no key)."""
        if message.msg not in Msg.__members__.values():
            return None
        msg = Msg(message.msg)
        try:
            if msg is Msg.DATA_GROUP:
                return self._data(msg, _BROADCAST, self._groups, message)
            spa = self._stations.get(message.station_id)
            return None if spa is None else self._unicast(msg, spa, message)
        except RefusedError:
            return None

    def _unicast(self, msg: Msg, spa: bytes, message: Message) -> bytes | None:
        payload, frames, seen = message.payload, self._frames, self._seen[message.station_id]
        if len(payload) < _OCTETS_MIN.get(msg, 1):
            raise RefusedError(Reason.MALFORMED)
        if msg is Msg.ADVERT:
            return frames.beacon(element_of_lite(payload[:4]) if self._parameters.lite else payload[:-7])
        if msg in (Msg.AUTH_REQUEST, Msg.AUTH_RESPONSE):
            return frames.authentication(spa, up=msg is Msg.AUTH_REQUEST)
        if msg is Msg.ASSOC_REQUEST:
            request = self._management.association_request(payload)
            akm = request.suites.akms[0] if request.suites.akms else 0
            self._seen[message.station_id] = Seen(akm, request.suites.pmkids)
            return frames.association_request(spa, request.element)
        if msg is Msg.ASSOC_RESPONSE:
            status = payload[0] if self._parameters.lite else int.from_bytes(payload[2:4], "little")
            return frames.association_response(spa, status, int.from_bytes(payload[-2:], "little"))
        if msg is Msg.DEAUTH:
            return frames.deauthentication(spa, payload)
        if msg in (*EAP_DOWN, *EAP_UP):
            version = SUPPLICANT_EAPOL if msg in EAP_UP else AUTHENTICATOR_EAPOL
            header = bytes([version, 0]) + len(payload).to_bytes(2, "big") if self._parameters.lite else b""
            return frames.eapol(spa, header + payload, up=msg in EAP_UP)
        if msg in (Msg.DATA_DOWN, Msg.DATA_UP):
            return self._data(msg, spa, {} if seen.ptk is None else {0: seen.ptk.tk}, message)
        octets = self._key_octets(msg, seen, payload)
        self._follow(msg, spa, seen, KeyFrame.parse(octets), message.station_id)
        return frames.eapol(spa, octets, up=msg in _KEYS_UP)

    def _key_octets(self, msg: Msg, seen: Seen, payload: bytes) -> bytes:
        """Return the whole EAPOL-Key frame."""
        if not self._parameters.lite:
            return payload
        descriptor, version = self._parameters.descriptor, descriptor_version(seen.akm)
        if msg in _KEYS_UP:
            oldest = max(0, seen.replay - _TRIES)
            return expand(payload, msg, descriptor, version, oldest, seen.pmkids).encode()
        return read_lite(payload, msg, version, seen.replay, seen.anonce).octets(AUTHENTICATOR_EAPOL, descriptor)

    def _follow(self, msg: Msg, spa: bytes, seen: Seen, frame: KeyFrame, station_id: int) -> None:
        """Keep the nonces, and with the PMK the keys."""
        if msg not in _KEYS_UP:
            seen.replay = frame.replay
        if msg is Msg.PAIRWISE_1:
            seen.anonce = frame.nonce
        pmk = self._pmks.get(station_id)
        if msg is Msg.PAIRWISE_2 and pmk is not None:
            seen.ptk = pairwise_key(seen.akm, pmk, self._aa, spa, seen.anonce, frame.nonce)
        wrapped = frame.info & ENCRYPTED or msg is Msg.GROUP_1
        if wrapped and seen.ptk is not None:
            opened = aes_unwrap(seen.ptk.kek.expose(), frame.data)
            if opened is not None:
                self._groups.update(_group_keys(frame.info >> 4 & 3, opened))

    def _data(self, msg: Msg, receiver: bytes, keys: dict[int, Secret], message: Message) -> bytes | None:
        """Return a CCMP frame with the data of an AMP frame, None when its key is not known."""
        if not message.payload or message.payload[0] not in keys:
            return None
        up = msg is Msg.DATA_UP
        key_id, key, sender = message.payload[0], keys[message.payload[0]], receiver if up else self._aa
        opener = Protection(self._mac, int(self._parameters.prof), sender, receiver)
        data = opener.open({key_id: ReceiveKey(key)}, msg, message.payload, message.station_id)
        pn = int.from_bytes(message.payload[1:7], "big") | _SHOWN
        return self._frames.ccmp(receiver, key, key_id, pn, data, up=up)


def _group_keys(index: int, opened: bytes) -> dict[int, Secret]:
    """Return the group key in unwrapped Key Data: the bare key of the seed's order, or a GTK KDE."""
    if len(opened) == KEY_OCTETS:
        return {index: Secret(opened)}
    found = parse_key_data(opened).gtk
    return {} if found is None else {found[0]: found[1]}
