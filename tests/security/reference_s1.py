"""S1 once more, straight from the protocols page with hashlib, hmac and single AES blocks: the other opinion.

Nothing here comes from ``ampradio``. CMAC, CTR and key wrap are built from AES-ECB by their RFCs.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

FRAME_CONTROL = 0x1D


def aes(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def kdf(key: bytes, label: bytes, context: bytes, bits: int) -> bytes:
    out = b""
    i = 0
    while 8 * len(out) < bits:
        i += 1
        data = bytes([i & 255, i >> 8]) + label + context + bytes([bits & 255, bits >> 8])
        out += hmac.new(key, data, hashlib.sha256).digest()
    return out[: bits // 8]


def cmac(key: bytes, data: bytes) -> bytes:
    """RFC 4493."""

    def double(block: bytes) -> bytes:
        value = int.from_bytes(block, "big") << 1
        return ((value & (1 << 128) - 1) ^ (0x87 if value >> 128 else 0)).to_bytes(16, "big")

    k1 = double(aes(key, bytes(16)))
    blocks = [data[at : at + 16] for at in range(0, len(data), 16)] or [b""]
    last = blocks[-1]
    last = xor(last, k1) if len(last) == 16 else xor(last + b"\x80" + bytes(15 - len(last)), double(k1))
    state = bytes(16)
    for block in [*blocks[:-1], last]:
        state = aes(key, xor(state, block))
    return state


def ctr(key: bytes, nonce: bytes, data: bytes) -> bytes:
    stream = b"".join(aes(key, b"\x01" + nonce + i.to_bytes(2, "big")) for i in range(1, len(data) // 16 + 2))
    return xor(data, stream[: len(data)])


def key_wrap(key: bytes, plain: bytes) -> bytes:
    """RFC 3394 2.2.1."""
    a = b"\xa6" * 8
    r = [plain[at : at + 8] for at in range(0, len(plain), 8)]
    for j in range(6):
        for i, half in enumerate(r):
            b = aes(key, a + half)
            a = xor(b[:8], (len(r) * j + i + 1).to_bytes(8, "big"))
            r[i] = b[8:]
    return a + b"".join(r)


def pmk1(root: bytes, modifier: bytes, aa: bytes) -> bytes:
    return kdf(root, b"AMP PMK1", modifier + aa, 256) if modifier else root


class Reference:
    """One PTK with everything that its messages need."""

    def __init__(
        self,
        pmk: bytes,
        aa: bytes,
        spa: bytes,
        frame1: bytes,
        snonce: bytes,
        *,
        station_id: int = 0x1234,
        prof: int = 2,
        nonce: int = 16,
        mic: int = 8,
    ) -> None:
        anonce = frame1[6 : 6 + nonce]
        addresses = b"".join(sorted((aa, spa)))
        nonces = b"".join(sorted((anonce, snonce)))
        ptk = kdf(pmk, b"Pairwise key expansion", addresses + nonces, 256)
        self.kck, self.tk = ptk[:16], ptk[16:]
        self.spa, self.station_id, self.prof, self.mic_octets = spa, station_id, prof, mic
        self.covered = (anonce if prof == 1 else frame1) + snonce

    def sealed(self, msg: int, unsigned: bytes) -> bytes:
        aad = bytes([FRAME_CONTROL, self.station_id & 255, self.station_id >> 8, 1 << 5 | msg, self.prof])
        return unsigned + cmac(self.kck, aad + self.covered + unsigned)[: self.mic_octets]

    def crypted(self, msg: int, pn: int, data: bytes) -> bytes:
        direction = 0x80 if msg in (2, 4, 6) else 0
        return ctr(self.tk, bytes([direction | msg]) + self.spa + pn.to_bytes(6, "big"), data)

    def response(self, snonce: bytes, data: bytes = b"", flags: int = 1) -> bytes:
        return self.sealed(2, bytes([flags]) + snonce + (self.crypted(2, 0, data) if flags & 1 else data))

    def data(self, msg: int, pn: int, data: bytes = b"", flags: int = 1) -> bytes:
        return self.sealed(msg, bytes([flags, pn]) + (self.crypted(msg, pn, data) if flags & 1 else data))

    def update(self, pn: int, version: int, content: bytes, flags: int = 1) -> bytes:
        return self.sealed(5, bytes([flags, pn]) + version.to_bytes(2, "big") + content)

    def updated(self, pn: int, version: int, status: int = 0, flags: int = 1) -> bytes:
        return self.sealed(6, bytes([flags, pn]) + version.to_bytes(2, "big") + bytes([status]))
