"""S4's EAP through the authority to another RADIUS server, under that one's secret (RFC 2865, 2.3; RFC 3579)."""

from __future__ import annotations

from pyrad.packet import AccessAccept, AuthPacket

from testbed.radius.attributes import Attribute, all_of, number_of, one_of, put
from testbed.radius.client import RadiusClient

FORWARDED = ("User-Name", "Called-Station-Id", "Calling-Station-Id", "State", "EAP-Message")
RETURNED = ("State", "EAP-Message")


class EapProxy:
    """Asks the EAP server in the gateway's place; the keys go on under the gateway's own secret."""

    def __init__(self, client: RadiusClient) -> None:
        self._client = client

    def answer(self, packet: AuthPacket, reply: AuthPacket) -> None:
        """Fill in ``reply``; raises ``RadiusError`` when the EAP server is silent, ``AttributeMissingError``."""
        forwarded: list[Attribute] = [("NAS-Identifier", one_of(packet, "NAS-Identifier"))]
        forwarded += [(name, value) for name in FORWARDED for value in all_of(packet, name)]
        if "Framed-MTU" in packet:
            forwarded.append(("Framed-MTU", number_of(packet, "Framed-MTU")))
        answered = self._client.ask(forwarded)
        reply.code = answered.code
        said: list[Attribute] = [(name, value) for name in RETURNED for value in all_of(answered, name)]
        if answered.code == AccessAccept:
            said += [(name, one_of(answered, name, 32)) for name in ("MS-MPPE-Recv-Key", "MS-MPPE-Send-Key")]
            if "Session-Timeout" in answered:
                said.append(("Session-Timeout", number_of(answered, "Session-Timeout")))
        put(reply, said)
