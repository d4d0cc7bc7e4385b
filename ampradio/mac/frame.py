"""Every frame type of the AMP air: PSDU to typed frame and back (air-interface page, section 5)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypeAlias

from ampradio.mac.ack import Ack, parse_ack
from ampradio.mac.excitation import Excitation, parse_excitation
from ampradio.mac.group_ack import GroupAck, parse_group_ack
from ampradio.mac.header import Header, frame_control_of, seal, unseal
from ampradio.mac.payload import Authentication, Data, parse_payload
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.response import Response, parse_response
from ampradio.mac.rfid import Rfid, parse_rfid
from ampradio.mac.sp_advert import SpAdvert, parse_sp_advert
from ampradio.mac.trigger import Trigger, parse_trigger
from ampradio.profile.model import Mac


@dataclass(frozen=True)
class Other:
    """A frame of a type with no body layout here: the 802.11ba types 0–4 and the unassigned ones."""

    header: Header
    body: bytes

    @property
    def station_id(self) -> int:
        """The ID of the header."""
        return self.header.station_id

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` for a value or body that does not fit."""
        return seal(mac, self.header, self.body)


Frame: TypeAlias = Trigger | Ack | GroupAck | SpAdvert | Response | Rfid | Excitation | Data | Authentication | Other


def encode_frame(mac: Mac, frame: Frame) -> bytes:
    """Return the PSDU of ``frame``; raises ``ValueError`` for a value that does not fit."""
    return frame.encode(mac)


def parse_frame(mac: Mac, psdu: bytes) -> Frame | Refusal:
    """Return the typed frame of a received PSDU, or why it is refused; never raises on what came over the air."""
    if not psdu:
        return Refusal(Reason.TOO_SHORT, "0 octets")
    frame_type, _ = frame_control_of(mac, psdu)
    if frame_type == mac.type_ack:
        return parse_ack(mac, psdu)
    if frame_type == mac.type_excitation:
        return parse_excitation(mac, psdu)
    unsealed = unseal(mac, psdu)
    if isinstance(unsealed, Refusal):
        return unsealed
    header, body = unsealed
    frame = _parse_body(mac, header, body)
    if isinstance(frame, Refusal):
        return dataclasses.replace(frame, frame_type=header.frame_type, station_id=header.station_id)
    return frame


def station_of(mac: Mac, frame: Frame) -> int:
    """Return the ID of a frame's header: Group Ack and SP Advert always have the broadcast one and do not store it."""
    return mac.broadcast_id if isinstance(frame, (GroupAck, SpAdvert)) else frame.station_id


def type_name(mac: Mac, frame_type: int) -> str:
    """Return the field's name of a frame type, for events and captures."""
    names = {
        mac.type_wur_beacon: "WUR Beacon",
        mac.type_wur_wake_up: "WUR Wake-up",
        mac.type_wur_vendor: "WUR Vendor",
        mac.type_wur_discovery: "WUR Discovery",
        mac.type_wur_short_wake_up: "WUR Short Wake-up",
        mac.type_trigger: "Trigger",
        mac.type_ack: "Ack",
        mac.type_group_ack: "Group Ack",
        mac.type_sp_advert: "SP Advert",
        mac.type_response: "Response",
        mac.type_rfid: "RFID",
        mac.type_excitation: "Excitation",
        mac.type_data: "Data",
        mac.type_authentication: "Authentication",
    }
    return names.get(frame_type, f"type {frame_type}")


def _parse_body(mac: Mac, header: Header, body: bytes) -> Frame | Refusal:
    if header.frame_type == mac.type_trigger:
        return parse_trigger(mac, header, body)
    if header.frame_type == mac.type_group_ack:
        return parse_group_ack(mac, header, body)
    if header.frame_type == mac.type_sp_advert:
        return parse_sp_advert(mac, header, body)
    if header.frame_type == mac.type_response:
        return parse_response(mac, header, body)
    if header.frame_type == mac.type_rfid:
        return parse_rfid(header, body)
    if header.frame_type in (mac.type_data, mac.type_authentication):
        return parse_payload(mac, header, body)
    return Other(header, body)
