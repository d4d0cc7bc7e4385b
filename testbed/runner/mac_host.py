"""One station behind a PHY-SAP: indications in, requests and a promise out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from ampradio.mac.events import Event
from ampradio.mac.station import Station
from ampradio.sap.messages import (
    NEVER,
    ErrorIndication,
    Grant,
    ListenRequest,
    RxIndication,
    SapMessage,
    StopConfirm,
    StopRequest,
    TimeIndication,
    TxConfirm,
    TxRequest,
)
from ampradio.vectors import Tx

_LOG = logging.getLogger(__name__)
SCHEDULED = 0


class MacEnd(Protocol):
    """The MAC's end of a SAP: see ``MacSap``."""

    def send(self, message: SapMessage, seq: int = 0) -> None: ...


class MacHost:
    """Serve the indications of one PHY with one station.

    ``now_ns`` is the air time the station has reached, ``last_end_ns`` the end of its last PPDU. ``offset_ns`` tells
    how much later than the PHY says the run's time is.
    """

    def __init__(self, name: str, station: Station, sap: MacEnd, offset_ns: Callable[[], int] = lambda: 0) -> None:
        self.name = name
        self.sap = sap
        self.now_ns = 0
        self.last_end_ns = 0
        self.stopped: StopConfirm | None = None
        self._station = station
        self._offset_ns = offset_ns
        self._tx_id = 0
        self._pending: int | None = None

    def take(self, message: SapMessage, seq: int) -> list[Event]:
        """Let the station act on one message of its PHY and return what happened; ``grant`` must follow."""
        if isinstance(message, RxIndication):
            self.now_ns = message.rxvector.end_ns
            self._station.receive(message.psdu, message.rxvector, self.now_ns)
        elif isinstance(message, TimeIndication):
            self.now_ns = message.now_ns
            deadline = self._station.next_deadline_ns()
            if deadline is not None and deadline <= self.now_ns:
                self._station.handle_deadline(self.now_ns)
        else:
            self._note(message)
            return []
        self._pending = seq
        for tx in self._station.ppdus_to_send(self.now_ns):
            self._request(tx)
        return self._station.events()

    def grant(self) -> None:
        """Answer the indication that was taken last, if it still waits."""
        if self._pending is None:
            return
        deadline = self._station.next_deadline_ns()
        self.sap.send(
            Grant(min(self._station.silent_until_ns(), NEVER), NEVER if deadline is None else deadline), self._pending
        )
        self._pending = None

    def stop(self, stop_ns: int) -> None:
        """Tell the PHY where the run ends, in the run's time."""
        self.sap.send(StopRequest(max(stop_ns - self._offset_ns(), 0)))

    def _note(self, message: SapMessage) -> None:
        if isinstance(message, TxConfirm):
            self.last_end_ns = max(self.last_end_ns, message.end_ns)
            if message.status != SCHEDULED:
                _LOG.warning("%s: PPDU %d was not sent (status %d)", self.name, message.tx_id, message.status)
        elif isinstance(message, ErrorIndication):
            _LOG.warning("%s: its PHY says: %s", self.name, message.text)
        elif isinstance(message, StopConfirm):
            self.stopped = message

    def _request(self, tx: Tx) -> None:
        self._tx_id += 1
        self.sap.send(TxRequest(self._tx_id, tx.start_ns, tx.vector, tx.psdu))
        for window in tx.replies:
            self.sap.send(ListenRequest(window))


def event_record(node: str, event: Event) -> dict[str, Any]:
    """Return the line of ``events.jsonl`` for one event."""
    return {"t_ns": event.t_ns, "node": node, "kind": event.kind, **event.detail}
