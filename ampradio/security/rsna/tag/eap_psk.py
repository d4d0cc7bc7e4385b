"""The peer of EAP-PSK (RFC 4764): mutual authentication with AES alone, four messages, 16-octet PSK."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.eax import aes_block, eax_open, eax_seal
from ampradio.security.entropy import NonceSource
from ampradio.security.journal import RefusedError
from ampradio.security.primitives import aes_cmac, equal
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret

TYPE = 47
PSK_OCTETS = 16
_RAND = 16
_HEADER_OCTETS = 22  # code, identifier, length, type, flags, RAND_S: what EAX covers in clear
_DONE_SUCCESS, _DONE_FAILURE = 2, 3
_EXTENSION = 0x20


@dataclass(frozen=True)
class Derived:
    """TEK and MSK of one run."""

    tek: Secret
    msk: Secret


def setup_keys(psk: Secret) -> tuple[bytes, bytes]:
    """Return AK and KDK (RFC 4764, 3.1)."""
    first = aes_block(psk.expose(), bytes(16))
    ak, kdk = (aes_block(psk.expose(), _xor_counter(first, counter)) for counter in (1, 2))
    return ak, kdk


def session_keys(kdk: bytes, rand_p: bytes) -> Derived:
    """Return TEK and MSK; the EMSK, of which nothing here makes use, is not derived."""
    first = aes_block(kdk, rand_p)
    blocks = [aes_block(kdk, _xor_counter(first, counter)) for counter in range(1, 6)]
    return Derived(Secret(blocks[0]), Secret(b"".join(blocks[1:])))


class EapPskPeer:
    """One run of the method; a first message begins another."""

    def __init__(self, psk: Secret, identity: bytes, nonces: NonceSource) -> None:
        self._psk = psk
        self._identity = identity
        self._nonces = nonces
        self._server = b""
        self._rand_s = b""
        self._rand_p = b""
        self.msk: Secret | None = None

    def respond(self, request: bytes) -> bytes:
        """Return the response's type data to a request; raises ``RefusedError`` for one that is not right."""
        flags = request[5] if len(request) > 5 else 0xFF
        if flags == 0x00 and len(request) > _HEADER_OCTETS:
            return self._second(request)
        if flags == 0x80 and len(request) == _HEADER_OCTETS + 16 + 21 and self._rand_p:
            return self._fourth(request)
        raise RefusedError(Reason.BAD_EAP)

    def _second(self, request: bytes) -> bytes:
        self.msk = None
        self._rand_s, self._server = request[6:_HEADER_OCTETS], request[_HEADER_OCTETS:]
        self._rand_p = self._nonces.draw(_RAND)
        ak, _ = setup_keys(self._psk)
        mac = aes_cmac(ak, self._identity + self._server + self._rand_s + self._rand_p)
        return b"\x40" + self._rand_s + self._rand_p + mac + self._identity

    def _fourth(self, request: bytes) -> bytes:
        ak, kdk = setup_keys(self._psk)
        mac_s, channel = request[_HEADER_OCTETS : _HEADER_OCTETS + 16], request[_HEADER_OCTETS + 16 :]
        if request[6:_HEADER_OCTETS] != self._rand_s:
            raise RefusedError(Reason.BAD_EAP)
        if not equal(aes_cmac(ak, self._server + self._rand_p), mac_s):
            raise RefusedError(Reason.BAD_MIC)
        derived = session_keys(kdk, self._rand_p)
        number, tag, sealed = channel[:4], channel[4:20], channel[20:]
        result = eax_open(derived.tek.expose(), number.rjust(16, b"\0"), sealed + tag, request[:_HEADER_OCTETS])
        if result is None or number != bytes(4):
            raise RefusedError(Reason.BAD_MIC)
        success = result[0] >> 6 == _DONE_SUCCESS and not result[0] & _EXTENSION
        if success:
            self.msk = derived.msk
        said = bytes([(_DONE_SUCCESS if success else _DONE_FAILURE) << 6])
        length = _HEADER_OCTETS + 21
        header = bytes([2, request[1]]) + length.to_bytes(2, "big") + bytes([TYPE, 0xC0]) + self._rand_s
        number = (1).to_bytes(4, "big")
        sealed = eax_seal(derived.tek.expose(), number.rjust(16, b"\0"), said, header)
        return b"\xc0" + self._rand_s + number + sealed[1:] + sealed[:1]


def _xor_counter(block: bytes, counter: int) -> bytes:
    return block[:-1] + bytes([block[-1] ^ counter])
