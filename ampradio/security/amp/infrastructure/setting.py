"""What is the same for every exchange of one AP."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.amp.infrastructure.stages import Request
from ampradio.security.amp.profiles import PROTO, TRIGGER_OCTETS, AmpParameters, Msg, require_address
from ampradio.security.journal import Journal
from ampradio.security.session import Message


@dataclass(frozen=True)
class ApSetting:
    """The AP's address and Modifier, the agreed parameters, and where its exchanges report.

    Raises ``ValueError`` for an address or Modifier of the wrong size, or data that no message can hold.
    """

    mac: Mac
    parameters: AmpParameters
    aa: bytes
    modifier: bytes
    repeat_commands: bool
    journal: Journal

    def __post_init__(self) -> None:
        require_address(self.aa, "AA")
        expected = self.parameters.modifier_octets
        if len(self.modifier) != expected:
            raise ValueError(f"the Modifier has {len(self.modifier)} octets, the parameters say {expected}")
        self.require_room("uplink data", self.parameters.uplink_data_max, self.parameters.response_octets)

    @property
    def payload_octets_max(self) -> int:
        """The longest payload that fits one message with all its fragments."""
        return (self.mac.body_octets_max - self.mac.shim_octets) * self.mac.fragments_max

    def response_octets(self, uplink_octets: int) -> int:
        """Return the SEC-RESPONSE payload with this much UL data."""
        return self.parameters.response_octets - self.parameters.uplink_data_max + uplink_octets

    def ack_octets(self, uplink_octets: int) -> int:
        """Return the SEC-ACK payload with this much UL data."""
        return self.parameters.ack_octets - self.parameters.uplink_data_max + uplink_octets

    def require_room(self, what: str, octets: int, payload_octets: int) -> None:
        """Raise ``ValueError`` when ``octets`` of ``what`` make a payload that no message can hold."""
        if payload_octets > self.payload_octets_max:
            excess = payload_octets - self.payload_octets_max
            raise ValueError(f"{octets} octets of {what} do not fit one message, at most {octets - excess} do")

    def request(self, trigger: bytes | None, data: bytes, uplink_octets: int | None, retries: int) -> Request:
        """Return what an exchange is asked for; raises ``ValueError`` for sizes that do not fit."""
        parameters = self.parameters
        if trigger is not None and len(trigger) != TRIGGER_OCTETS:
            raise ValueError(f"the Trigger has {len(trigger)} octets, must have {TRIGGER_OCTETS}")
        uplink = parameters.uplink_data_max if uplink_octets is None else uplink_octets
        if not 0 <= uplink <= parameters.uplink_data_max:
            raise ValueError(f"expect_uplink_octets is {uplink}, must be 0…{parameters.uplink_data_max}")
        frame_octets = TRIGGER_OCTETS + parameters.nonce_octets + parameters.modifier_octets + len(data)
        self.require_room("downlink data", len(data), frame_octets)
        return Request(trigger, data, deque(), uplink, retries)

    def message(self, msg: Msg, station_id: int, payload: bytes, reply_octets: int | None = None) -> Message:
        """Return a message of this AP's profile."""
        return Message(PROTO, int(msg), int(self.parameters.prof), station_id, payload, reply_octets)
