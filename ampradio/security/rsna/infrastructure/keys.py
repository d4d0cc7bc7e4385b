"""The AP's key schedule (IEEE 802.11, 12.7.1): PTK from PMK and nonces, PMKID, and the group key's wrapping."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security import key_log
from ampradio.security.prf import hmac_sha1, prf
from ampradio.security.primitives import aes_wrap, hmac_sha256, kdf
from ampradio.security.rsna.profiles import AKMS_SHA1, KEY_OCTETS, PMKID_OCTETS, RSN_OUI
from ampradio.security.secret import Secret

_PTK_BITS = 3 * 8 * KEY_OCTETS
_LABEL = b"Pairwise key expansion"


@dataclass(frozen=True)
class PairwiseKey:
    """A PTK with CCMP-128."""

    kck: Secret
    kek: Secret
    tk: Secret

    def wipe(self) -> None:
        """Overwrite its parts."""
        for part in (self.kck, self.kek, self.tk):
            part.wipe()


def pairwise_key(akm: int, pmk: Secret, aa: bytes, spa: bytes, anonce: bytes, snonce: bytes) -> PairwiseKey:
    """Return the PTK: PRF with HMAC-SHA-1 for AKM 1 and 2, KDF with HMAC-SHA-256 for 5 and 6."""
    context = b"".join(sorted((aa, spa)) + sorted((anonce, snonce)))
    derive = prf if akm in AKMS_SHA1 else kdf
    octets = derive(pmk.expose(), _LABEL, context, _PTK_BITS)
    kck, kek, tk = (Secret(octets[start : start + KEY_OCTETS]) for start in range(0, len(octets), KEY_OCTETS))
    key_log.keep(key_log.S4_PTK, aa + spa + anonce + snonce, kck, kek, tk)
    return PairwiseKey(kck, kek, tk)


def pmkid_of(akm: int, pmk: Secret, aa: bytes, spa: bytes) -> bytes:
    """Return the name of a PMK between two addresses."""
    named = b"PMK Name" + aa + spa
    return (hmac_sha1 if akm in AKMS_SHA1 else hmac_sha256)(pmk.expose(), named)[:PMKID_OCTETS]


def group_key_element(key_id: int, gtk: Secret) -> bytes:
    """Return the GTK KDE (12.7.2, table 12-6)."""
    body = RSN_OUI + bytes([1, key_id, 0]) + gtk.expose()
    return bytes([0xDD, len(body)]) + body


def igtk_element(key_id: int, igtk: Secret) -> bytes:
    """Return the IGTK KDE, its packet number zero."""
    body = RSN_OUI + bytes([9]) + key_id.to_bytes(2, "little") + bytes(6) + igtk.expose()
    return bytes([0xDD, len(body)]) + body


def pmkid_element(pmkid: bytes) -> bytes:
    """Return the PMKID KDE."""
    return bytes([0xDD, 4 + len(pmkid)]) + RSN_OUI + b"\x04" + pmkid


def wrapped(kek: Secret, key_data: bytes) -> bytes:
    """Return Key Data under AES key wrap, padded with 0xDD 0x00… to whole blocks (12.7.2)."""
    if len(key_data) % 8:
        key_data = (key_data + b"\xdd").ljust(-(-(len(key_data) + 1) // 8) * 8, b"\0")
    return aes_wrap(kek.expose(), key_data)
