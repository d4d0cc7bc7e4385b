"""A session whose server is in the same process: its backhaul is answered at once (R2.22; architecture, sans-IO)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from ampradio.security.session import Message, SecurityEvent

Request = TypeVar("Request")
Response = TypeVar("Response")
Answer = TypeVar("Answer", contravariant=True)


class SessionWithBackhaul(Protocol[Request, Answer]):
    """A security session at an AP that asks a server."""

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air."""

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due."""

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Take note that a slot is over."""

    def next_deadline_ns(self) -> int | None:
        """Return when ``handle_deadline`` wants to be called."""

    def handle_deadline(self, now_ns: int) -> None:
        """Act on the passing of time."""

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened."""

    def backhaul_to_send(self, now_ns: int) -> list[Request]:
        """Return what the server is to be asked."""

    def backhaul_received(self, answer: Answer, now_ns: int) -> None:
        """Take the server's answer."""


class Collocated(Generic[Request, Response]):
    """Passes everything on to the session, and its requests to ``answer``, whose None is a silent server."""

    def __init__(
        self, session: SessionWithBackhaul[Request, Response], answer: Callable[[Request], Response | None]
    ) -> None:
        """Take the session and who answers it."""
        self._session = session
        self._answer = answer

    def receive(self, message: Message, now_ns: int) -> None:
        """Take one message from the air."""
        self._session.receive(message, now_ns)
        self._ask(now_ns)

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the messages that are due, the server's answers taken into account."""
        self._ask(now_ns)
        return self._session.messages_to_send(now_ns)

    def end_of_slot(self, station_id: int, now_ns: int, message: Message | None = None) -> None:
        """Take note that a slot is over."""
        self._session.end_of_slot(station_id, now_ns, message)
        self._ask(now_ns)

    def next_deadline_ns(self) -> int | None:
        """Return the session's deadline."""
        return self._session.next_deadline_ns()

    def handle_deadline(self, now_ns: int) -> None:
        """Act on the passing of time."""
        self._session.handle_deadline(now_ns)
        self._ask(now_ns)

    def events(self) -> list[SecurityEvent]:
        """Return and clear what happened since the last call."""
        return self._session.events()

    def _ask(self, now_ns: int) -> None:
        """Carry requests and answers to and fro until the session asks nothing more."""
        while requests := self._session.backhaul_to_send(now_ns):
            for request in requests:
                answer = self._answer(request)
                if answer is not None:
                    self._session.backhaul_received(answer, now_ns)
