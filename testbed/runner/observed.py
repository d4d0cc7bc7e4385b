"""Sessions and stations that are watched: each does what it would, and tells of what it says and hears."""

from __future__ import annotations

from collections.abc import Callable

from ampradio.mac.events import Event
from ampradio.mac.sessions import ApSession, TagSession
from ampradio.mac.station import Station
from ampradio.security.session import Message, SecurityEvent
from ampradio.vectors import RxVector, Tx

Note = Callable[[int, Message], None]
Heard = Callable[[bytes, RxVector], None]
Said = Callable[[Tx], None]
Reached = Callable[[int], None]


class ObservedStation:
    """A station that tells of each PSDU as its PHY hands it over, and of each PPDU as it decides to send it."""

    def __init__(self, station: Station, heard: Heard, said: Said, reached: Reached) -> None:
        self._station = station
        self._heard, self._said, self._reached = heard, said, reached

    def receive(self, psdu: bytes, rx: RxVector, now_ns: int) -> None:
        """Tell of a PSDU and pass it on."""
        self._heard(psdu, rx)
        self._station.receive(psdu, rx, now_ns)
        self._reached(now_ns)

    def ppdus_to_send(self, now_ns: int) -> list[Tx]:
        """Return what is to be sent, and tell of it."""
        decided = self._station.ppdus_to_send(now_ns)
        for tx in decided:
            self._said(tx)
        return decided

    def next_deadline_ns(self) -> int | None:
        """Return the station's."""
        return self._station.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the station act."""
        self._station.handle_deadline(now_ns)
        self._reached(now_ns)

    def events(self) -> list[Event]:
        """Return the station's."""
        return self._station.events()

    def silent_until_ns(self) -> int:
        """Return the station's promise."""
        return self._station.silent_until_ns()


class ObservedAp:
    """An AP's session that tells of each message as it hands it over."""

    def __init__(self, session: ApSession, note: Note) -> None:
        self._session = session
        self._note = note

    def receive(self, message: Message, now_ns: int) -> None:
        """Pass a message on."""
        self._session.receive(message, now_ns)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, and tell of them."""
        messages = self._session.messages_to_send(now_ns)
        for message in messages:
            self._note(now_ns, message)
        return messages

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Pass the end of a slot on."""
        self._session.end_of_slot(station_id, now_ns, message)

    def next_deadline_ns(self) -> int | None:
        """Return the session's."""
        return self._session.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the session act."""
        self._session.handle_deadline(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return the session's."""
        return self._session.events()


class ObservedTag:
    """A tag's session that tells of each message as it hands it over; what it raises passes through."""

    def __init__(self, session: TagSession, note: Note) -> None:
        self._session = session
        self._note = note

    @property
    def answers_to(self) -> frozenset[int]:
        """The session's further IDs."""
        return self._session.answers_to

    def power_off(self) -> None:
        """Lose everything volatile."""
        self._session.power_off()

    def receive(self, message: Message, now_ns: int) -> None:
        """Pass a message on."""
        self._session.receive(message, now_ns)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, and tell of them."""
        messages = self._session.messages_to_send(now_ns)
        for message in messages:
            self._note(now_ns, message)
        return messages

    def next_deadline_ns(self) -> int | None:
        """Return the session's."""
        return self._session.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Let the session act."""
        self._session.handle_deadline(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return the session's."""
        return self._session.events()
