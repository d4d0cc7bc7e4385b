"""The EAP peer on the tag (RFC 3748): says who it is, speaks the method it has a credential for, proposes it else."""

from __future__ import annotations

from typing import Protocol

from ampradio.security.journal import RefusedError
from ampradio.security.rsna.profiles import PMK_OCTETS
from ampradio.security.rsna.refusal import Reason
from ampradio.security.secret import Secret

_REQUEST, _RESPONSE, _SUCCESS, _FAILURE = 1, 2, 3, 4
_IDENTITY, _NOTIFICATION, _NAK = 1, 2, 3


class Method(Protocol):
    """An EAP method at the peer."""

    @property
    def msk(self) -> Secret | None:
        """The MSK, once the server has authenticated itself."""

    def respond(self, request: bytes) -> bytes:
        """Return the response's type data to a request."""


class EapPeer:
    """One conversation."""

    def __init__(self, identity: bytes, kind: int, method: Method) -> None:
        """Take who to say one is, and the method with its number."""
        self._identity = identity
        self._kind = kind
        self._method = method
        self._last: tuple[bytes, bytes] | None = None
        self.ended: bool | None = None

    @property
    def pmk(self) -> Secret | None:
        """The PMK, once the server has authenticated itself."""
        msk = self._method.msk
        return None if msk is None else Secret(msk.expose()[:PMK_OCTETS])

    def receive(self, packet: bytes) -> bytes | None:
        """Return the response to a request, None to a result, which ``ended`` then tells.

        A repeated request gets the response it had. Raises ``RefusedError`` for what is not to be believed: a
        success before the server has authenticated itself, a failure after it has.
        """
        if len(packet) < 4 or int.from_bytes(packet[2:4], "big") != len(packet):
            raise RefusedError(Reason.MALFORMED)
        if packet[0] in (_SUCCESS, _FAILURE) and len(packet) == 4:
            if (packet[0] == _SUCCESS) != (self.pmk is not None):
                raise RefusedError(Reason.BAD_EAP)
            self.ended = packet[0] == _SUCCESS
            return None
        if packet[0] != _REQUEST or len(packet) < 5:
            raise RefusedError(Reason.BAD_EAP)
        if self._last is not None and self._last[0] == packet:
            return self._last[1]
        data = self._data(packet)
        response = bytes([_RESPONSE, packet[1]]) + (4 + len(data)).to_bytes(2, "big") + data
        self._last = (packet, response)
        return response

    def _data(self, packet: bytes) -> bytes:
        kind = packet[4]
        if kind == _IDENTITY:
            return bytes([_IDENTITY]) + self._identity
        if kind == _NOTIFICATION:
            return bytes([_NOTIFICATION])
        if kind == self._kind:
            return bytes([kind]) + self._method.respond(packet)
        return bytes([_NAK, self._kind])
