"""A gateway's end of RADIUS: one question, one verified answer, or an error that says what was heard instead.

It blocks. Over ``sim:`` and ``zmq:`` virtual time stands still meanwhile, so a slow server costs no air time.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pyrad.packet import AccessAccept, AccessChallenge, AccessReject, AccessRequest, AuthPacket

from ampradio.security.secret import Secret
from testbed.radius.attributes import BAD_PACKET, Attribute, dictionary, put

PORT = 1812
DATAGRAM_OCTETS_MAX = 4096
ANSWERS = (AccessAccept, AccessReject, AccessChallenge)


class RadiusError(Exception):
    """The server did not answer as one that shares the secret does; ``fix`` says what to look at."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason, self.fix = reason, fix


@dataclass(frozen=True)
class Endpoint:
    """Where a RADIUS server listens."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        return f"radius://{self.host}:{self.port}"


def endpoint_of(uri: str) -> Endpoint:
    """Return the endpoint of ``radius://HOST[:PORT]``; raises ``ValueError`` for anything else."""
    parts = urlsplit(uri)
    port = PORT if parts.port is None else parts.port
    extra = parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme != "radius" or not parts.hostname or not port or extra:
        raise ValueError(f"{uri!r} is no radius://HOST:PORT")
    return Endpoint(parts.hostname, port)


class RadiusClient:
    """Asks one server under one secret; what is not a verified answer to the question is counted and dropped."""

    def __init__(self, endpoint: Endpoint, secret: Secret, *, timeout_s: float = 1.0, tries: int = 3) -> None:
        """Take the server, the secret shared with it, and how long and how often to ask.

        ``timeout_s`` times ``tries`` stays below the 10 s that a flowgraph waits for its MAC.
        """
        self.endpoint = endpoint
        self._secret = secret
        self._timeout_s = timeout_s
        self._tries = tries
        self.counters: Counter[str] = Counter()

    def ask(self, attributes: Sequence[Attribute]) -> AuthPacket:
        """Return the verified answer to an Access-Request with ``attributes``; raises ``RadiusError`` without one."""
        request = AuthPacket(AccessRequest, secret=self._secret.expose(), dict=dictionary())
        request.id = request.CreateID()
        request.authenticator = request.CreateAuthenticator()
        request.add_message_authenticator()
        put(request, attributes)
        octets = request.RequestPacket()
        self.counters["asked"] += 1
        dropped: Counter[str] = Counter()
        try:
            family, kind, proto, _, address = socket.getaddrinfo(
                self.endpoint.host, self.endpoint.port, type=socket.SOCK_DGRAM
            )[0]
            with socket.socket(family, kind, proto) as link:
                link.connect(address)
                for attempt in range(self._tries):
                    self.counters["repeated"] += attempt > 0
                    answer = self._attempt(link, octets, request, dropped)
                    if answer is not None:
                        self.counters["answered"] += 1
                        return answer
        except OSError as error:
            raise self._silent(f"cannot be reached: {error.strerror or error}", dropped) from None
        finally:
            self.counters.update(dropped)
        raise self._silent(f"does not answer within {self._timeout_s * self._tries:g} s", dropped)

    def _attempt(
        self, link: socket.socket, octets: bytes, request: AuthPacket, dropped: Counter[str]
    ) -> AuthPacket | None:
        deadline = time.monotonic() + self._timeout_s
        try:
            link.send(octets)
        except ConnectionRefusedError:  # the answer to an earlier try: nobody listens there
            dropped["port_closed"] += 1
        while (left := deadline - time.monotonic()) > 0:
            link.settimeout(left)
            try:
                heard = link.recv(DATAGRAM_OCTETS_MAX + 1)
            except TimeoutError:
                return None
            except ConnectionRefusedError:
                dropped["port_closed"] += 1
                time.sleep(max(0.0, min(0.2, deadline - time.monotonic())))  # it may be starting
                return None
            answer = self._verified(heard, request, dropped)
            if answer is not None:
                return answer
        return None

    def _verified(self, heard: bytes, request: AuthPacket, dropped: Counter[str]) -> AuthPacket | None:
        try:
            reply = request.CreateReply(packet=heard)
        except BAD_PACKET:
            dropped["malformed"] += 1
            return None
        if len(heard) > DATAGRAM_OCTETS_MAX or reply.code not in ANSWERS:
            dropped["malformed"] += 1
            return None
        if reply.id != request.id:
            dropped["stale"] += 1
            return None
        if not request.VerifyReply(reply, enforce_ma=True):
            dropped["unverified"] += 1
            return None
        reply.request_authenticator = request.authenticator
        return reply

    def _silent(self, how: str, dropped: Counter[str]) -> RadiusError:
        heard = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(dropped.items()))
        reason = f"the authentication server {self.endpoint} {how}" + (f" ({heard})" if heard else "")
        fix = "start it, and see that both sides have the same secret and the server knows this gateway"
        return RadiusError(reason, fix)
