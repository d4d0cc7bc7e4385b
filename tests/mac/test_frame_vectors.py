"""The frame codec against the independent implementation's vectors, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ampradio.mac.ack import Ack
from ampradio.mac.excitation import Excitation
from ampradio.mac.frame import Frame, encode_frame, parse_frame
from ampradio.mac.group_ack import GroupAck, parse_group_ack
from ampradio.mac.header import Header, seal
from ampradio.mac.payload import Data
from ampradio.mac.response import Response, parse_response
from ampradio.mac.rfid import Rfid
from ampradio.mac.shim import Shim, fragments, split_body
from ampradio.mac.sp_advert import ServicePeriod, SpAdvert, parse_sp_advert, partial_tsf
from ampradio.mac.trigger import AccessKind, ChannelOffset, ResponseType, Trigger, TriggerParameters
from ampradio.profile import load_profile
from ampradio.psdu import bits_of, gen2_crc16
from ampradio.security.session import Message
from tests.conftest import SHARED

PHY = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]
SECURITY = json.loads((SHARED / "vectors" / "amp_security.json").read_text())["vectors"]
MAC = load_profile().mac


def _parameters(fields: dict[str, Any]) -> TriggerParameters:
    return TriggerParameters(
        AccessKind(fields["access"]),
        ResponseType(fields["response"]),
        ChannelOffset(fields["offset"]),
        fields["seed"],
        fields["acwe"],
        False,
        fields["session"],
        fields["n"],
        fields["slot"],
    )


def _frame(vector: dict[str, Any]) -> Frame:
    """Build the typed frame from a vector's fields."""
    fields, station, rate = vector["fields"], vector["sta_id"], vector["ul_rate"]
    if vector["type"] == MAC.type_trigger:
        data = bytes.fromhex(fields.get("data", ""))
        return Trigger(station, _parameters(fields), tuple(fields.get("ids", ())), data, rate)
    if vector["type"] == MAC.type_ack:
        return Ack(station)
    if vector["type"] == MAC.type_response:
        kind = ResponseType(fields["response"])
        return Response(station, kind, bytes.fromhex(fields["content"]), ul_rate_code=rate)
    if vector["type"] == MAC.type_rfid:
        return Rfid(station, fields["gen2"], rate)
    if vector["type"] == MAC.type_excitation:
        return Excitation()
    body = bytes.fromhex(vector["body"])
    return Data(station, Shim(0, 0, 1), body[2:], rate, bool(vector["protected"]))


@pytest.mark.parametrize("vector", PHY["frames"], ids=lambda vector: vector["id"])
def test_frames_both_ways(vector: dict[str, Any]) -> None:
    """Rules 1–7, 10: every frame vector comes out exactly, and is read back into the same fields."""
    frame = _frame(vector)
    psdu = bytes.fromhex(vector["psdu"])
    assert encode_frame(MAC, frame) == psdu
    assert parse_frame(MAC, psdu) == frame
    if vector["bits"] is not None:
        assert "".join(map(str, bits_of(psdu))) == vector["bits"]


def test_group_ack_body() -> None:
    """Rule 8: the Group Ack body vector, both ways."""
    vector = PHY["bodies"][0]
    heard = tuple(sorted((int(slot), station) for slot, station in vector["fields"]["heard"].items()))
    frame = GroupAck(vector["fields"]["session"], vector["fields"]["n"], heard)
    body = bytes.fromhex(vector["body"])
    assert frame.encode(MAC)[MAC.header_octets : -MAC.fcs_octets] == body
    assert parse_group_ack(MAC, Header(MAC.type_group_ack, MAC.broadcast_id), body) == frame
    assert parse_frame(MAC, frame.encode(MAC)) == frame


def test_sp_advert_body() -> None:
    """Rule 9: the SP Advert body vector with all parts, both ways."""
    vector = PHY["bodies"][1]
    fields = vector["fields"]
    frame = SpAdvert(partial_tsf(fields["tsf_us"]), ServicePeriod(*fields["sp"]), _parameters(fields["trigger"]))
    body = bytes.fromhex(vector["body"])
    assert frame.encode(MAC)[MAC.header_octets : -MAC.fcs_octets] == body
    assert parse_sp_advert(MAC, Header(MAC.type_sp_advert, MAC.broadcast_id), body) == frame


def test_response_body_with_status_and_factor() -> None:
    """Rule 10: the Response body vector with operation status and mode factor, both ways."""
    vector = PHY["bodies"][2]
    fields = vector["fields"]
    frame = Response(7, ResponseType(fields["response"]), b"", fields["status"], fields["factor"])
    body = bytes.fromhex(vector["body"])
    assert frame.encode(MAC)[MAC.header_octets : -MAC.fcs_octets] == body
    assert parse_response(MAC, Header(MAC.type_response, 7), body) == frame


@pytest.mark.parametrize("vector", PHY["backscatter_id"], ids=lambda vector: vector["id"])
def test_backscatter_id(vector: dict[str, Any]) -> None:
    """Rule 4: the backscatter ID is the Gen2 CRC-16 of the EPC and is stored like any ID."""
    station = gen2_crc16(bytes.fromhex(vector["epc"]))
    assert station == vector["backscatter_id"]
    sent = Rfid(station, "1").encode(MAC)
    assert sent[1:3].hex() == vector["sent"]


def _messages() -> list[dict[str, Any]]:
    # some messages list a payload without bodies, or come with the AAD only
    return [m for vector in SECURITY for m in vector["messages"] if m.get("bodies") and m.get("payload")]


def test_shim_and_fragments_of_every_security_message() -> None:
    """Protocols 1.1: shim and fragments of the messages of all five systems come out octet for octet."""
    messages = _messages()
    for entry in messages:
        bodies = [bytes.fromhex(body) for body in entry["bodies"]]
        split = [split_body(MAC, body) for body in bodies]
        first = split[0][0]
        message = Message(first.proto, first.msg, first.prof, 1, bytes.fromhex(entry["payload"]))
        assert [shim.encode() + piece for shim, piece in fragments(MAC, message)] == bodies, entry["name"]
        if "frame_octets" in entry:
            header = Header(MAC.type_authentication, 1, protected=True)
            assert [len(seal(MAC, header, body)) for body in bodies] == entry["frame_octets"]
    assert any(len(entry["bodies"]) == 3 for entry in messages)
