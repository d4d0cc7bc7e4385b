"""S2's key schedule and MACs once more, from the page alone, with hashlib and hmac: what attackers and checks use."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.cmac import CMAC


def extract(salt: bytes, material: bytes) -> bytes:
    return hmac.new(salt or bytes(32), material, hashlib.sha256).digest()


def expand(prk: bytes, info: bytes) -> bytes:
    return hmac.new(prk, info + b"\x01", hashlib.sha256).digest()[:16]


def cmac(key: bytes, octets: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(octets)
    return mac.finalize()[:8]


def aad(prof: int, msg: int, station_id: int = 0xFFFF) -> bytes:
    return bytes([0x1D, station_id & 0xFF, station_id >> 8, 2 << 5 | msg, prof])


def prov(prk: bytes, prof: int, short: bytes, gwid: bytes, nonce: bytes, address: int) -> bytes:
    """Return a PROV payload (S2-L, S2-A) that whoever holds ``prk`` can make."""
    field = address.to_bytes(2, "big")
    proof = cmac(expand(prk, b"PRV"), aad(prof, 1) + short + gwid + nonce + field)
    return short + gwid + nonce + field + proof


def temporal(prk: bytes, gwid: bytes, nonce: bytes, address: int, device_nonce: bytes, x: int) -> bytes:
    return expand(prk, gwid + nonce + address.to_bytes(2, "big") + device_nonce + b"TK%d" % x)


def session(tk: bytes, cntr: int) -> bytes:
    return expand(tk, cntr.to_bytes(4, "big"))


def nonce(uplink: int, address: int, x: int, cntr: int, seq: int) -> bytes:
    return bytes([uplink]) + b"".join(
        number.to_bytes(octets, "big") for number, octets in ((address, 2), (x, 1), (cntr, 4), (seq, 2), (0, 3))
    )


def req(ek: bytes, prof: int, address: int, x: int, cntr: int, seq: int, command: bytes, msg: int = 3) -> bytes:
    """Return a REQ payload under a session key."""
    head = ((x - 1) << 31 | cntr << 8 | seq).to_bytes(4, "big")
    return head + AESCCM(ek, 4).encrypt(nonce(0, address, x, cntr, seq), command, aad(prof, msg, address))


def read(ek: bytes, prof: int, address: int, payload: bytes, uplink: int, msg: int) -> bytes:
    """Return what a REQ or RES says to whoever holds its session key."""
    head = int.from_bytes(payload[:4], "big")
    x, cntr, seq = (head >> 31) + 1, head >> 8 & 0x7FFFFF, head & 0xFF
    return AESCCM(ek, 4).decrypt(nonce(uplink, address, x, cntr, seq), payload[4:], aad(prof, msg, address))
