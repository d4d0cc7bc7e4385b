"""S3 once more, for the tests alone: straight from protocols page 4.4 and rules 16 to 19, with hmac and hashlib."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.cmac import CMAC

EVERYONE = 0xFFFF


def hmac_sha256(key: bytes, octets: bytes) -> bytes:
    return hmac.new(key, octets, hashlib.sha256).digest()


def kdf(key: bytes, label: bytes, *values: bytes) -> bytes:
    text = b"\xf0" + label + len(label).to_bytes(2, "big")
    for value in values:
        text += value + len(value).to_bytes(2, "big")
    return hmac_sha256(key, text)


def cmac(key: bytes, octets: bytes, length: int) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(octets)
    return mac.finalize()[:length]


def ctr(key: bytes, nonce: bytes, octets: bytes) -> bytes:
    stream = Cipher(algorithms.AES(key), modes.CTR(b"\x01" + nonce[:13] + b"\x00\x01")).encryptor()
    return stream.update(octets) + stream.finalize()


def aad(station_id: int, msg: int, prof: int) -> bytes:
    return b"\x1d" + station_id.to_bytes(2, "little") + bytes([0x60 | msg, prof])


def temporary_id(key: bytes, nonce: bytes, label: bytes = b"TD") -> bytes:
    return hmac_sha256(key, label + nonce)[:8]


def downlink_id(key: bytes, device_id: bytes, nonce: bytes, mode: int, msg: int, station_id: int, prof: int) -> bytes:
    if mode == 1:
        return temporary_id(key, nonce, b"TC" if prof == 3 and msg == 5 else b"TD")
    encryption = kdf(key, b"PG", nonce)[:16]
    if mode == 2:
        return ctr(encryption, nonce, device_id)
    return AESCCM(encryption, 8).encrypt(nonce[:13], device_id, aad(station_id, msg, prof) + nonce)


def paging(key: bytes, device_id: bytes, nonce: bytes, mode: int = 1, prof: int = 1) -> bytes:
    return nonce + downlink_id(key, device_id, nonce, mode, 2, EVERYONE, prof)


def auth_response(
    key: bytes, device_id: bytes, nn: bytes, dn: bytes, cap: int, station_id: int, mode: int = 1, prof: int = 1
) -> bytes:
    if mode == 1:
        protected = hmac_sha256(key, b"TU" + nn + dn + (bytes([cap]) if prof == 3 else b""))[:8]
    else:
        encryption = kdf(key, b"AR", nn, dn)[:16]
        if mode == 0:
            protected = AESCCM(encryption, 8).encrypt(dn[:13], device_id, aad(station_id, 3, prof) + nn + dn)
        else:
            protected = ctr(encryption, dn, device_id)
    return dn + protected + bytes([cap])


def guarded(policy: int, keys: bytes, nonce: bytes, head: bytes, plain: bytes, extra: bytes) -> bytes:
    """Encrypt, then authenticate, as a policy octet's b0 to b5 say."""
    secured = ctr(keys[:16], nonce, plain) if policy & 0x09 else plain
    length = (0, 4, 8, 16)[policy >> 4 & 3]
    if policy & 0x04:
        return head + secured + cmac(keys[16:], extra + head + secured, length)
    if policy & 0x02:
        return head + secured + cmac(keys[16:], secured, length)
    return head + secured
