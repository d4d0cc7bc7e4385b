"""The PHY's end of the SAP: one ROUTER socket, one MAC attached at a time, everybody else refused."""

from __future__ import annotations

import math
import time
from collections import Counter

import zmq

from ampradio.sap.codec import decode, encode
from ampradio.sap.messages import (
    ERROR_BUSY,
    ERROR_MALFORMED,
    ERROR_PROFILE,
    AttachConfirm,
    AttachRequest,
    ErrorIndication,
    Grant,
    RxIndication,
    SapError,
    SapMessage,
    TimeIndication,
)

POLL_MS = 200
REQUESTS_MAX = 4096  # at once: more than any node has use for, and no more memory than there is


class MacGoneError(ConnectionError):
    """The attached MAC did not answer in time."""


class PhySap:
    """Serve one MAC over ZMQ.

    Args:
        endpoint: ZMQ address to bind; port ``*`` picks a free one, then see ``endpoint``.
        profile: name of the profile in force; a MAC with another one is refused.
        patience_s: how long an indication may stay unanswered.

    Raises:
        zmq.ZMQError: the endpoint is in use or not an address.
    """

    def __init__(self, endpoint: str, profile: str, patience_s: float = 30.0) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 500)
        self._socket.setsockopt(zmq.MAXMSGSIZE, 65536)
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError:
            self.close()
            raise
        self.endpoint = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)
        self._profile = profile
        self._patience_s = patience_s
        self._peer: bytes | None = None
        self._seq = 0
        self.counters: Counter[str] = Counter()

    def wait_for_mac(self, confirm: AttachConfirm, patience_s: float) -> None:
        """Block until a MAC has attached.

        Raises:
            MacGoneError: none did within ``patience_s``.
        """
        end = time.monotonic() + patience_s
        while self._peer is None:
            received = self._receive(end)
            if received is None:
                raise MacGoneError(f"no MAC attached to {self.endpoint} within {patience_s:g} s")
            peer, message, seq = received
            if not isinstance(message, AttachRequest):
                self._refuse(peer, seq, ERROR_MALFORMED, "attach first")
            elif message.profile != self._profile:
                self._refuse(peer, seq, ERROR_PROFILE, f"this PHY runs profile {self._profile}")
            else:
                self._peer = peer
                self._socket.send_multipart([peer, encode(confirm, seq)])

    def indicate(self, message: RxIndication | TimeIndication) -> list[SapMessage]:
        """Send an indication and return the MAC's requests up to and including its Grant.

        Raises:
            MacGoneError: the MAC did not grant in time, or asks for more than ``REQUESTS_MAX`` things before it does.
        """
        self._seq += 1
        self.tell(message, self._seq)
        requests: list[SapMessage] = []
        end = time.monotonic() + self._patience_s
        while len(requests) <= REQUESTS_MAX:
            received = self._receive(end)
            if received is None:
                raise MacGoneError(f"the MAC did not answer {type(message).__name__} within {self._patience_s:g} s")
            _, request, seq = received
            requests.append(request)
            if isinstance(request, Grant):
                if seq == self._seq:
                    return requests
                self.counters["sap_stale_grant"] += 1
                requests.pop()
        raise MacGoneError(f"the MAC asks for more than {REQUESTS_MAX} things before it grants")

    def poll(self) -> list[SapMessage]:
        """Return what the MAC has sent without being asked, at most ``REQUESTS_MAX``; never waits."""
        requests = []
        for _ in range(REQUESTS_MAX):
            if self._peer is None or not self._socket.poll(0):
                break
            taken = self._take()
            if taken is not None:
                requests.append(taken[1])
        return requests

    def tell(self, message: SapMessage, seq: int = 0) -> None:
        """Send a message that needs no answer."""
        if self._peer is not None:
            self._socket.send_multipart([self._peer, encode(message, seq)])

    def close(self) -> None:
        """Close the socket; what is queued for the MAC still leaves."""
        self._socket.close()
        self._context.term()

    def _receive(self, end: float) -> tuple[bytes, SapMessage, int] | None:
        """Return the next valid message of the attached MAC (or of anybody while none is), None at ``end``.

        No sooner and no later, however many messages come that are to be refused.
        """
        while (remaining_s := end - time.monotonic()) > 0:
            if self._socket.poll(min(math.ceil(remaining_s * 1000), POLL_MS)):
                taken = self._take()
                if taken is not None:
                    return taken
        return None

    def _take(self) -> tuple[bytes, SapMessage, int] | None:
        """Return the message that waits, None for one that is refused."""
        parts = self._socket.recv_multipart()
        peer, body = parts[0], parts[-1]
        if self._peer is not None and peer != self._peer:
            self._refuse(peer, 0, ERROR_BUSY, "another MAC is attached")
            return None
        try:
            if len(parts) != 2:
                raise SapError(f"{len(parts) - 1} frames where one belongs")
            message, seq = decode(body)
        except SapError as error:
            self._refuse(peer, 0, ERROR_MALFORMED, str(error))
            return None
        return peer, message, seq

    def _refuse(self, peer: bytes, seq: int, code: int, reason: str) -> None:
        self.counters[f"sap_refused_{code}"] += 1
        self._socket.send_multipart([peer, encode(ErrorIndication(code, reason), seq)])
