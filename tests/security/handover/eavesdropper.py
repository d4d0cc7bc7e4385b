"""Somebody who records the air and learns one key: written for the tests alone, with hmac and cryptography's AESCCM."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from ampradio.security.session import Message

STATION = 0x1234


def hmac_sha256(key: bytes, octets: bytes) -> bytes:
    return hmac.new(key, octets, hashlib.sha256).digest()


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def misk(key: bytes, context: bytes) -> bytes:
    """SP 800-108 in counter mode, 48 octets of label MISK, spelled out."""
    fixed = b"MISK\0" + context + (384).to_bytes(4, "big")
    return b"".join(hmac_sha256(key, i.to_bytes(4, "big") + fixed) for i in (1, 2))[:48]


def unseal(key: bytes, direction: int, security: bytes, aad: bytes) -> bytes:
    nonce = (bytes([direction]) + security[:4]).ljust(13, b"\0")
    return AESCCM(key, 8).decrypt(nonce, security[4:], aad)


def amp_aad(msg: int, prof: int) -> bytes:
    return b"\x1d" + STATION.to_bytes(2, "little") + bytes([0xA0 | msg, prof])


def follow_legacy(known: bytes, air: list[Message]) -> list[bytes]:
    """From K_SPoS of the first PoS and the recorded air: the K of every later hop."""
    found = []
    for at in range(0, len(air), 4):
        request, response = air[at].payload, air[at + 1].payload
        nonce_t, tpos, nonce_n = request[7:23], response[7:9], response[9:25]
        found.append(xor(response[25:41], hmac_sha256(known, tpos + nonce_n)[:16]))
        known = misk(found[-1], nonce_t + nonce_n + b"\0")[:16]
    return found


def follow_remedy_1(known: bytes, air: list[Message], mn: bytes, pos: list[bytes]) -> list[bytes]:
    """The same for Remedy 1: from the first MIEK on."""
    found = []
    for hop, at in enumerate(range(0, len(air), 4)):
        response, confirm, answer = (air[at + step].payload for step in (1, 2, 3))
        aad = amp_aad(4, 2) + response[:3] + pos[hop] + mn
        plain = unseal(known, 0, response[3:], aad)
        found.append(plain[2:18])
        context = confirm[7:23] + answer[7:23] + b"\1" + mn + plain[:2]
        known = misk(found[-1], context)[32:]
    return found
