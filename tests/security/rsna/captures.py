"""The air between a real hostapd and a real wpa_supplicant: read with scapy, decrypted with CCMP as Annex J has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from scapy.layers.dot11 import Dot11, Dot11Elt
from scapy.packet import Packet
from scapy.utils import rdpcap

from tests.conftest import SHARED

RSN = SHARED / "vectors/rsn"
KEYS = json.loads((RSN / "keys.json").read_text())
_SNAP_EAPOL = bytes.fromhex("aaaa03000000888e")


@dataclass(frozen=True)
class Eapol:
    """One 802.1X frame: who sent it, its octets from the 802.1X header on, and whether CCMP protected it."""

    from_ap: bool
    octets: bytes
    protected: bool

    @property
    def is_key(self) -> bool:
        return self.octets[1] == 3


def ccmp_open(mpdu: bytes, key: bytes) -> bytes:
    """Return the plaintext of a protected MPDU without FCS (IEEE 802.11, 12.5.3); raises ``InvalidTag``."""
    qos = mpdu[0] & 0x80
    header = 26 if qos else 24
    control = bytes([mpdu[0] & 0x8F, mpdu[1] & 0xC7 | 0x40])
    aad = control + mpdu[4:22] + bytes([mpdu[22] & 0x0F, 0]) + (bytes([mpdu[24] & 0x0F, 0]) if qos else b"")
    ccmp = mpdu[header : header + 8]
    pn = bytes([ccmp[7], ccmp[6], ccmp[5], ccmp[4], ccmp[1], ccmp[0]])
    priority = bytes([mpdu[24] & 0x0F]) if qos else b"\0"
    return AESCCM(key, 8).decrypt(priority + mpdu[10:16] + pn, mpdu[header + 8 :], aad)


@cache
def packets(name: str) -> list[Packet]:
    """Return a capture's packets as scapy dissects them."""
    return list(rdpcap(str(RSN / f"{name}.pcap")))


@cache
def mpdus(name: str) -> list[bytes]:
    """Return the MPDUs of a capture, radiotap and FCS taken off."""
    found = []
    for packet in packets(name):
        if packet.haslayer(Dot11):
            frame = packet.getlayer(Dot11)
            octets = bytes(frame.original)
            found.append(octets[:-4] if packet.haslayer("Dot11FCS") else octets)
    return found


def protected(name: str) -> list[bytes]:
    """Return the protected data MPDUs."""
    return [mpdu for mpdu in mpdus(name) if mpdu[0] & 0x0C == 0x08 and mpdu[1] & 0x40]


@cache
def eapol(name: str) -> list[Eapol]:
    """Return the 802.1X frames between AP and station in order, those under the TK decrypted, repetitions left out."""
    tk = bytes.fromhex(KEYS[name]["TK"][0]) if KEYS[name]["TK"] else b""
    found: list[Eapol] = []
    for mpdu in mpdus(name):
        if mpdu[0] & 0x0C != 0x08 or mpdu[0] & 0x40 or mpdu[4] & 1:
            continue
        header = 26 if mpdu[0] & 0x80 else 24
        clear = ccmp_open(mpdu, tk) if mpdu[1] & 0x40 else mpdu[header:]
        if clear[:8] != _SNAP_EAPOL:
            continue
        length = int.from_bytes(clear[10:12], "big") + 4
        one = Eapol(bool(mpdu[1] & 2), clear[8 : 8 + length], bool(mpdu[1] & 0x40))
        if not found or found[-1] != one:
            found.append(one)
    return found


def element(name: str, subtype: int) -> bytes:
    """Return the RSN or WPA element of the first beacon (8) or association request (0), its two octets included."""
    for packet in packets(name):
        frame = packet.getlayer(Dot11)
        if frame is None or frame.type != 0 or frame.subtype != subtype:
            continue
        part = packet.getlayer(Dot11Elt)
        while part is not None:
            info = bytes(part.info)
            if part.ID == 48 or (part.ID == 221 and info[:4] == bytes.fromhex("0050f201")):
                return bytes([part.ID, len(info)]) + info
            part = part.payload.getlayer(Dot11Elt)
    raise LookupError(f"{name} has no element in subtype {subtype}")
