"""What a tag says to its AP, the port between the two, and what the tag holds of it: in every phase the same."""

from __future__ import annotations

from collections.abc import Callable

from ampradio.security.journal import Journal
from ampradio.security.rsna.profiles import PROTO, Msg, Port, RsnaParameters
from ampradio.security.rsna.tag.bond import Bond
from ampradio.security.rsna.tag.credential import Credential
from ampradio.security.session import Message


class Talk:
    """What is due to the AP, the controlled port, and the bond with it."""

    def __init__(self, parameters: RsnaParameters, credential: Credential) -> None:
        self._parameters = parameters
        self._credential = credential
        self._journal = Journal("tag")
        self._outbox: list[tuple[Message, Callable[[], None]]] = []
        self._bond = Bond()
        self.port = Port.BLOCKED
        self._journal.note("parameters", **parameters.report())

    def messages_to_send(self, now_ns: int) -> list[Message]:
        """Return the answers that are due; keys are installed and the port opened as they go out (rule 22)."""
        due, self._outbox = self._outbox, []
        for message, then in due:
            self._journal.message("sent", Msg(message.msg).name, message)
            then()
        return [message for message, _ in due]

    def _close(self) -> None:
        """Return to state 1: port blocked, keys gone, nothing left to say."""
        self._outbox.clear()
        if self._bond.handshake is not None:
            self._bond.handshake.wipe()
        self._set_port(Port.BLOCKED)
        self._bond = Bond()

    def _send(self, msg: Msg, payload: bytes, then: Callable[[], None] = lambda: None) -> None:
        prof, station_id = int(self._parameters.prof), self._credential.station_id
        self._outbox = [(Message(PROTO, int(msg), prof, station_id, payload), then)]

    def _set_port(self, port: Port) -> None:
        if port is not self.port:
            self.port = port
            self._journal.note("port", state=port.value)
