"""The Trigger frame and the six octets of access parameters that it shares with SP Advert and SEC-TRIGGER (rule 7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ampradio.mac.header import Header, seal
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.subfields import Subfield, pack, unpack
from ampradio.profile.model import Mac, Profile

PARAMETER_OCTETS = 6
_ID_OCTETS = 2
_TRIGGER_MESSAGES = frozenset({(1, 1)})


class AccessKind(IntEnum):
    """How the slots of a Trigger are given to tags."""

    RANDOM = 0
    SCHEDULED = 1
    RANDOM_ID_ONLY = 2


class ResponseType(IntEnum):
    """What a Trigger asks for and a Response carries."""

    DATA = 0
    ID_ONLY = 1
    OPERATION_STATUS = 2
    PERMANENT_ID = 3


class ChannelOffset(IntEnum):
    """Where in the channel the active uplink is sent; the offset itself is a profile value."""

    CENTRE = 0
    LOWER = 1
    UPPER = 2


def channel_offset_hz(profile: Profile, offset: ChannelOffset, rate_bps: int) -> int | None:
    """Return where off the channel's centre an active uplink is sent, None at a rate that has no offset (section 3)."""
    if offset is not ChannelOffset.CENTRE and rate_bps == profile.uplink.rate_high_bps:
        return None
    step_hz = profile.uplink.channel_offset_hz
    return {ChannelOffset.CENTRE: 0, ChannelOffset.LOWER: -step_hz, ChannelOffset.UPPER: step_hz}[offset]


@dataclass(frozen=True)
class TriggerParameters:
    """The six octets: access, response type, UL offset, seed index, ACWE, shift, Session ID, N, slot duration.

    ``slots`` is N (1…255), ``slot_units`` the slot duration in units of the profile's ``slot_unit_ns``.
    """

    access: AccessKind = AccessKind.RANDOM
    response_type: ResponseType = ResponseType.DATA
    channel_offset: ChannelOffset = ChannelOffset.CENTRE
    seed_index: int = 0
    acwe: int = 0
    shift_up: bool = False
    session_id: int = 0
    slots: int = 1
    slot_units: int = 0

    def encode(self) -> bytes:
        """Return the six octets; raises ``ValueError`` for a value that does not fit."""
        if self.slots < 1:
            raise ValueError(f"a Trigger announces 1…255 slots, not {self.slots}")
        return pack(
            Subfield("access", self.access, 2),
            Subfield("response_type", self.response_type, 3),
            Subfield("channel_offset", self.channel_offset, 2),
            Subfield("b7", 0, 1),
            Subfield("seed_index", self.seed_index, 2),
            Subfield("acwe", self.acwe, 4),
            Subfield("shift_up", int(self.shift_up), 1),
            Subfield("b7", 0, 1),
            Subfield("session_id", self.session_id, 8),
            Subfield("slots", self.slots, 8),
            Subfield("slot_units", self.slot_units, 16),
        )


def parse_parameters(octets: bytes) -> TriggerParameters | Refusal:
    """Return the parameters in the first six of ``octets``, or why they are refused."""
    if len(octets) < PARAMETER_OCTETS:
        return Refusal(Reason.BAD_BODY, f"{len(octets)} octets of trigger parameters")
    access, response, offset, _, seed, acwe, shift, _, session, slots, units = unpack(
        octets[:PARAMETER_OCTETS], 2, 3, 2, 1, 2, 4, 1, 1, 8, 8, 16
    )
    if access > max(AccessKind) or response > max(ResponseType) or offset > max(ChannelOffset) or slots == 0:
        return Refusal(Reason.RESERVED_VALUE, f"access {access}, response {response}, offset {offset}, N {slots}")
    kinds = AccessKind(access), ResponseType(response), ChannelOffset(offset)
    return TriggerParameters(*kinds, seed, acwe, bool(shift), session, slots, units)


@dataclass(frozen=True)
class Trigger:
    """A Trigger: parameters, the ID list of a broadcast scheduled one, then downlink data to the end."""

    station_id: int
    parameters: TriggerParameters
    ids: tuple[int, ...] = ()
    data: bytes = b""
    ul_rate_code: int = 0

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` when the list does not match N or something does not fit."""
        listed = self.station_id == mac.broadcast_id and self.parameters.access is AccessKind.SCHEDULED
        if len(self.ids) != (self.parameters.slots if listed else 0):
            raise ValueError(f"{len(self.ids)} IDs for {self.parameters.slots} slots; only a broadcast scheduled "
                             "Trigger has a list, one ID per slot")
        id_list = pack(*(Subfield("listed ID", station, 8 * _ID_OCTETS) for station in self.ids))
        header = Header(mac.type_trigger, self.station_id, ul_rate_code=self.ul_rate_code)
        return seal(mac, header, self.parameters.encode() + id_list + self.data)


def parse_trigger(mac: Mac, header: Header, body: bytes) -> Trigger | Refusal:
    """Return the Trigger of a header and body that passed the FCS, or why it is refused."""
    parameters = parse_parameters(body)
    if isinstance(parameters, Refusal):
        return parameters
    listed = header.station_id == mac.broadcast_id and parameters.access is AccessKind.SCHEDULED
    start_of_data = PARAMETER_OCTETS + (_ID_OCTETS * parameters.slots if listed else 0)
    if len(body) < start_of_data:
        return Refusal(Reason.BAD_BODY, f"{len(body)} octets for a list of {parameters.slots} IDs")
    widths = [8 * _ID_OCTETS] * ((start_of_data - PARAMETER_OCTETS) // _ID_OCTETS)
    ids = tuple(unpack(body[PARAMETER_OCTETS:start_of_data], *widths))
    return Trigger(header.station_id, parameters, ids, body[start_of_data:], header.ul_rate_code)


def begins_with_parameters(proto: int, msg: int) -> bool:
    """Return whether the payload of a security message begins with the six octets: S1's SEC-TRIGGER does."""
    return (proto, msg) in _TRIGGER_MESSAGES
