"""The authority's socket: one datagram after the other, until it is told to stop."""

from __future__ import annotations

import select
import socket
from types import TracebackType

from testbed.authority.server import AuthorityServer
from testbed.radius.client import DATAGRAM_OCTETS_MAX


class Service:
    """A UDP port in front of an ``AuthorityServer``."""

    def __init__(self, server: AuthorityServer, host: str, port: int) -> None:
        """Bind the port, 0 for any free one; raises OSError."""
        self._server = server
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(family, kind, proto)
        try:
            self._socket.bind(address)
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self.host, self.port = self._socket.getsockname()[:2]

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def serve_once(self, patience_s: float) -> bool:
        """Answer one datagram if one comes in time; return whether one came."""
        if not select.select([self._socket], [], [], patience_s)[0]:
            return False
        try:
            datagram, peer = self._socket.recvfrom(DATAGRAM_OCTETS_MAX + 1)
            answer = self._server.answer(datagram)
            if answer is not None:
                self._socket.sendto(answer, peer)
        except OSError:  # an ICMP error of an earlier answer, or a peer that cannot be reached
            self._server.counters["socket_error"] += 1
        return True
