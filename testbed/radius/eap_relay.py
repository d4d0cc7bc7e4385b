"""S4's backhaul over RADIUS (RFC 3579): a station's EAP packets to any RADIUS server, and its MSK back."""

from __future__ import annotations

from collections import OrderedDict

from pyrad.packet import AccessAccept, AccessReject, AuthPacket

from ampradio.security.rsna.backhaul import EapFromServer, EapToServer
from ampradio.security.secret import Secret
from testbed.radius.attributes import AttributeMissingError, all_of, number_of, one_of
from testbed.radius.client import RadiusClient

CONVERSATIONS_MAX = 256
FRAMED_MTU = 480  # FreeRADIUS puts 10 octets more into a packet; eight AMP frames hold 492 behind an 802.1X header
WIRELESS_802_11 = 19  # NAS-Port-Type, RFC 2865, 5.41


class EapRelay:
    """Carries EAP between an AP, the gateway ``gwid``, and its EAP server, or an authority that asks that one."""

    def __init__(self, client: RadiusClient, gwid: bytes, aa: bytes, ssid: bytes) -> None:
        self._client = client
        self._identifier = gwid.hex().encode()
        self._called = aa.hex("-").upper().encode() + b":" + ssid
        self._states: OrderedDict[int, bytes] = OrderedDict()

    def __call__(self, asked: EapToServer) -> EapFromServer:
        """Return the server's answer; raises ``RadiusError`` when there is none that can be believed."""
        state = self._states.pop(asked.conversation, None)
        reply = self._client.ask(
            [
                ("User-Name", asked.identity),
                ("NAS-Identifier", self._identifier),
                ("NAS-Port-Type", WIRELESS_802_11),
                ("Framed-MTU", FRAMED_MTU),
                ("Called-Station-Id", self._called),
                ("Calling-Station-Id", asked.spa.hex("-").upper().encode()),
                ("EAP-Message", asked.eap),
                *([("State", state)] if state is not None else []),
            ]
        )
        accepted, rejected = reply.code == AccessAccept, reply.code == AccessReject
        try:
            packet = b"".join(all_of(reply, "EAP-Message"))
            if not accepted and not rejected:
                self._remember(asked.conversation, reply)
            msk = self._msk(reply) if accepted else None
            lifetime_s = number_of(reply, "Session-Timeout") if accepted and "Session-Timeout" in reply else None
        except AttributeMissingError:
            self._client.counters["nonsense"] += 1
            return EapFromServer(asked.conversation, asked.request_id, b"")
        return EapFromServer(asked.conversation, asked.request_id, packet, accepted, rejected, msk, lifetime_s)

    def _remember(self, conversation: int, reply: AuthPacket) -> None:
        states = all_of(reply, "State")
        if len(states) > 1:
            raise AttributeMissingError("State")
        if states:
            self._states[conversation] = states[0]
        while len(self._states) > CONVERSATIONS_MAX:
            self._states.popitem(last=False)

    @staticmethod
    def _msk(reply: AuthPacket) -> Secret:
        return Secret(one_of(reply, "MS-MPPE-Recv-Key", 32) + one_of(reply, "MS-MPPE-Send-Key", 32))
