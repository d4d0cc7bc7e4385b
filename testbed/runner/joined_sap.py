"""A PHY-SAP without a wire: both its ends in one process, so that every indication is answered before the next sample.

What a station is asked and what it answers are the messages of docs/phy-sap.md; only their octets are left out.
"""

from __future__ import annotations

from collections import Counter

from ampradio.mac.events import Event
from ampradio.mac.station import Station
from ampradio.sap.messages import AttachConfirm, RxIndication, SapMessage, TimeIndication
from testbed.runner.mac_host import MacHost


class JoinedSap:
    """Both ends: the PHY calls the methods of ``PhySap``, the station's ``host`` sends through the same object.

    ``told`` are the station's events since ``take_events`` was called last.
    """

    def __init__(self, name: str, station: Station) -> None:
        self.counters: Counter[str] = Counter()
        self.host = MacHost(name, station, self)
        self._requests: list[SapMessage] = []
        self._told: list[Event] = []
        self._seq = 0

    def send(self, message: SapMessage, seq: int = 0) -> None:
        """Take a request of the MAC."""
        self._requests.append(message)

    def wait_for_mac(self, confirm: AttachConfirm, patience_s: float) -> None:
        """Return at once: the MAC is here."""

    def indicate(self, message: RxIndication | TimeIndication) -> list[SapMessage]:
        """Let the station act, and return its requests, the Grant last."""
        self._seq += 1
        self._told += self.host.take(message, self._seq)
        self.host.grant()
        return self.poll()

    def poll(self) -> list[SapMessage]:
        """Return what the MAC has asked since."""
        requests, self._requests = self._requests, []
        return requests

    def tell(self, message: SapMessage, seq: int = 0) -> None:
        """Hand the MAC a message that needs no answer."""
        self._told += self.host.take(message, seq)

    def take_events(self) -> list[Event]:
        """Return and clear what the station had to tell."""
        told, self._told = self._told, []
        return told
