"""The tag's key schedule (IEEE 802.11, 12.7.1), and what it takes out of Key Data (12.7.2)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import prf, primitives
from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import AKMS_SHA1, KEY_OCTETS, PMKID_OCTETS, RSN_OUI
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret

_VENDOR = 0xDD
_GTK, _PMKID = 1, 4


@dataclass
class TransientKeys:
    """KCK, KEK and TK of one handshake."""

    kck: Secret
    kek: Secret
    tk: Secret

    @classmethod
    def derive(cls, akm: int, pmk: Secret, aa: bytes, spa: bytes, anonce: bytes, snonce: bytes) -> TransientKeys:
        """Derive them with the PRF or KDF of the AKM."""
        context = min(aa, spa) + max(aa, spa) + min(anonce, snonce) + max(anonce, snonce)
        label, bits = b"Pairwise key expansion", 8 * 3 * KEY_OCTETS
        if akm in AKMS_SHA1:
            ptk = prf.prf(pmk.expose(), label, context, bits)
        else:
            ptk = primitives.kdf(pmk.expose(), label, context, bits)
        return cls(Secret(ptk[0:16]), Secret(ptk[16:32]), Secret(ptk[32:48]))

    def wipe(self) -> None:
        """Overwrite them."""
        self.kck.wipe()
        self.kek.wipe()
        self.tk.wipe()


def pmk_name(akm: int, pmk: Secret, aa: bytes, spa: bytes) -> bytes:
    """Return the PMKID."""
    octets = b"PMK Name" + aa + spa
    if akm in AKMS_SHA1:
        return prf.hmac_sha1(pmk.expose(), octets)[:PMKID_OCTETS]
    return primitives.hmac_sha256(pmk.expose(), octets)[:PMKID_OCTETS]


def unwrapped(kek: Secret, key_data: bytes) -> bytes:
    """Return what AES key wrap holds; raises ``RefusedError`` when it is not whole."""
    opened = primitives.aes_unwrap(kek.expose(), key_data)
    if opened is None:
        raise RefusedError(Reason.BAD_KEY_DATA)
    return opened


@dataclass(frozen=True)
class KeyData:
    """The elements and KDEs of a Key Data field that a tag cares for."""

    element: bytes = b""
    gtk: tuple[int, Secret] | None = None
    pmkid: bytes = b""


def parse_key_data(octets: bytes) -> KeyData:
    """Read Key Data in clear; raises ``RefusedError`` for lengths that lie. Unknown KDEs are left alone."""
    element, gtk, pmkid = b"", None, b""
    while octets and octets[0] != 0 and octets[:2] != b"\xdd\0" and octets != b"\xdd":
        size = 2 + octets[1] if len(octets) > 1 else 0
        if not 2 < size <= len(octets):
            raise RefusedError(Reason.BAD_KEY_DATA)
        piece, octets = octets[:size], octets[size:]
        kind, content = piece[2:6], piece[6:]
        if piece[0] != _VENDOR:
            element = element or piece
        elif kind == RSN_OUI + bytes([_GTK]):
            if len(content) != 2 + KEY_OCTETS:
                raise RefusedError(Reason.BAD_KEY_DATA)
            gtk = (content[0] & 3, Secret(content[2:]))
        elif kind == RSN_OUI + bytes([_PMKID]):
            pmkid = content
    return KeyData(element, gtk, pmkid)
