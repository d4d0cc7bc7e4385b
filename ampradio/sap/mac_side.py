"""The MAC's end of the SAP: a DEALER socket that speaks typed messages."""

from __future__ import annotations

import math
import time
from collections import Counter

import zmq

from ampradio.sap.codec import decode, encode
from ampradio.sap.messages import AttachConfirm, AttachRequest, ErrorIndication, SapError, SapMessage


class PhyGoneError(ConnectionError):
    """The PHY does not answer, or refuses."""


class MacSap:
    """Connect to a PHY; ``socket`` may be polled together with others."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.MAXMSGSIZE, 65536)
        self.socket.connect(endpoint)
        self.counters: Counter[str] = Counter()

    def attach(self, profile: str, patience_s: float) -> AttachConfirm:
        """Attach to the PHY and return what it says of itself.

        Raises:
            PhyGoneError: no answer within ``patience_s``, or a refusal (its text is the reason).
        """
        self.send(AttachRequest(profile))
        end = time.monotonic() + patience_s
        while (remaining_s := end - time.monotonic()) > 0:
            received = self.receive(remaining_s)
            if received is None:
                break
            message, _ = received
            if isinstance(message, AttachConfirm):
                return message
            if isinstance(message, ErrorIndication):
                raise PhyGoneError(f"{self.endpoint} refuses: {message.text}")
        raise PhyGoneError(f"{self.endpoint} does not answer")

    def send(self, message: SapMessage, seq: int = 0) -> None:
        """Send one message."""
        self.socket.send(encode(message, seq))

    def receive(self, patience_s: float) -> tuple[SapMessage, int] | None:
        """Return the next valid message and its sequence number, None after ``patience_s``; bad ones are counted."""
        end = time.monotonic() + patience_s
        waits_s = patience_s
        while self.socket.poll(max(0, math.ceil(waits_s * 1000))):
            parts = self.socket.recv_multipart()
            try:
                return decode(parts[-1])
            except SapError:
                self.counters["sap_malformed"] += 1
            waits_s = end - time.monotonic()
            if waits_s <= 0:  # however many bad ones come
                break
        return None

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
        self._context.term()
