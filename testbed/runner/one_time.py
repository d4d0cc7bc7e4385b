"""Two radios count samples from two beginnings: this makes one time of them, that of the AP.

What the AP sends tells it: the tag's station takes the first PPDU that it hears for having begun when the AP's MAC
says it did, and counts from there. Its radio goes on by its own counter.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from ampradio.mac.events import Event
from ampradio.mac.station import Station
from ampradio.vectors import RxVector, Tx

PPDUS_KEPT = 16
JUMP_NS = 1_000_000  # by less a clock drifts, by more samples were lost


class SharedTime:
    """What the AP has sent last, and how much later than the tag's radio says its time is (``offset_ns``)."""

    def __init__(self) -> None:
        self._sent: deque[tuple[bytes, int]] = deque(maxlen=PPDUS_KEPT)
        self._known = False
        self.offset_ns = 0

    def sent(self, tx: Tx) -> None:
        """Take note of a PPDU of the AP."""
        self._sent.append((tx.psdu, tx.start_ns))

    def heard(self, psdu: bytes, start_ns: int) -> None:
        """Learn from a PPDU that began at ``start_ns`` of the tag's radio; nothing from one that was not sent."""
        offsets_ns = [sent_ns - start_ns for sent, sent_ns in self._sent if sent == psdu]
        if not offsets_ns:
            return
        nearest_ns = min(offsets_ns, key=lambda offset_ns: abs(offset_ns - self.offset_ns))
        if not self._known or abs(nearest_ns - self.offset_ns) > JUMP_NS:
            self._known = True
            self.offset_ns = nearest_ns


class TellingAp:
    """An AP's station whose PPDUs ``time`` is told of."""

    def __init__(self, station: Station, time: SharedTime) -> None:
        self._station = station
        self._time = time

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Pass a PSDU on."""
        self._station.receive(psdu, rx, now_ns)

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what is to be sent, and take note of it."""
        decided = self._station.ppdus_to_send(now_ns)
        for tx in decided:
            self._time.sent(tx)
        return decided

    def next_deadline_ns(self) -> int | None:
        """Return the station's."""
        return self._station.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the station act."""
        self._station.handle_deadline(now_ns)

    def events(self) -> list[Event]:
        """Return the station's."""
        return self._station.events()

    def silent_until_ns(self) -> int:
        """Return the station's promise."""
        return self._station.silent_until_ns()


class TagInApTime:
    """A tag's station to which the time of its radio is told as the AP's, and whose answers are told in its radio's.

    ``reached_ns`` is how far it has got, in the AP's time, which never goes back.
    """

    def __init__(self, station: Station, time: SharedTime) -> None:
        self._station = station
        self._time = time
        self.reached_ns = 0

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Pass a PSDU on."""
        self._time.heard(psdu, rx.start_ns)
        offset_ns = self._time.offset_ns
        moved = replace(rx, start_ns=rx.start_ns + offset_ns, end_ns=rx.end_ns + offset_ns)
        self._station.receive(psdu, moved, self._now(now_ns))

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what is to be sent, by the radio's time."""
        decided = self._station.ppdus_to_send(self._now(now_ns))
        return [replace(tx, start_ns=tx.start_ns - self._time.offset_ns) for tx in decided]

    def next_deadline_ns(self) -> int | None:
        """Return the station's, by the radio's time."""
        due_ns = self._station.next_deadline_ns()
        return None if due_ns is None else max(due_ns - self._time.offset_ns, 0)

    def handle_deadline(self, now_ns: int) -> None:
        """Let the station act."""
        self._station.handle_deadline(self._now(now_ns))

    def events(self) -> list[Event]:
        """Return the station's, in the AP's time."""
        return self._station.events()

    def silent_until_ns(self) -> int:
        """Return the station's promise, by the radio's time."""
        return max(self._station.silent_until_ns() - self._time.offset_ns, 0)

    def _now(self, now_ns: int) -> int:
        self.reached_ns = max(self.reached_ns, now_ns + self._time.offset_ns)
        return self.reached_ns
