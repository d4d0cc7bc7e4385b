"""S2's authentication server somewhere else, as a gateway reaches it."""

from __future__ import annotations

from ampradio.security.provisioning.backhaul import Reject, Request, Response
from ampradio.security.session import SecurityEvent
from testbed.radius.attributes import AttributeMissingError
from testbed.radius.client import RadiusClient
from testbed.radius.provisioning import answered, question


class RemoteServer:
    """Asks the server under this gateway's own secret."""

    def __init__(self, client: RadiusClient) -> None:
        self._client = client
        self._told: list[SecurityEvent] = []

    def answer(self, gwid: bytes, request: Request) -> Response:
        """Return the server's answer; raises ``RadiusError`` when there is none that can be believed."""
        reply = self._client.ask(question(gwid, request))
        try:
            response = answered(reply)
        except AttributeMissingError:
            self._client.counters["nonsense"] += 1
            response = Reject(request.request_id, "server_answered_nonsense")
        said = {"asked": type(request).__name__.lower(), "answered": type(response).__name__.lower()}
        self._told.append(SecurityEvent("server_asked", {"side": "gateway", **said}))
        return response

    def events(self) -> list[SecurityEvent]:
        """Return and clear what was asked since the last call."""
        told, self._told = self._told, []
        return told
