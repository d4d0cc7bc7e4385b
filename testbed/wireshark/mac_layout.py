"""The frames of the MAC as layouts: types and numbers from the profile and from ``ampradio.mac``."""

from __future__ import annotations

from enum import IntEnum

from ampradio.mac.frame import type_name
from ampradio.mac.header import BY_TYPE_BITS, LENGTH_BITS, RATE_BITS, TYPE_BITS
from ampradio.mac.sp_advert import TSF_BITS
from ampradio.mac.trigger import AccessKind, ChannelOffset, ResponseType
from ampradio.profile.model import Profile
from testbed.wireshark.layout import REST, Bits, Field, Layout, Nested, Values, When, always

ID_OCTETS = 2


def words(kind: type[IntEnum]) -> Values:
    """Return the names of an enumeration in words."""
    return {int(each): each.name.replace("_", " ").lower() for each in kind}


def mac_values(profile: Profile) -> dict[str, Values]:
    """Return the values in words that the frames use."""
    mac = profile.mac
    step_mhz = profile.uplink.channel_offset_hz / 1e6
    offsets = {ChannelOffset.CENTRE: "centre", ChannelOffset.LOWER: f"{-step_mhz:+g} MHz",
               ChannelOffset.UPPER: f"{step_mhz:+g} MHz"}  # fmt: skip
    named = {number: type_name(mac, number) for number in range(1 << TYPE_BITS)}
    return {
        "type": {number: name for number, name in named.items() if not name.startswith("type ")},
        "ul_rate": {code: f"{rate // 1000} kb/s" for code, rate in enumerate(mac.ul_rate_codes_bps)},
        "access": words(AccessKind),
        "response_type": {**words(ResponseType), int(ResponseType.ID_ONLY): "ID only",
                          int(ResponseType.PERMANENT_ID): "permanent ID"},
        "channel_offset": {int(key): word for key, word in offsets.items()},
        "shift": {0: "down", 1: "up"},
        "seed": dict(enumerate(f"seed 0x{seed:02X}" for seed in profile.uplink.scrambler_seeds)),
    }  # fmt: skip


FRAME_CONTROL = Field(
    "frame_control", "Frame Control", 1, "uint", "hex",
    bits=(
        Bits("type", "Type", 0, TYPE_BITS, "type"),
        Bits("protected", "Protected", 4),
        Bits("reserved", "Reserved", 5, 3),
    ),
)  # fmt: skip
STATION_ID = Field("id", "ID", ID_OCTETS, "id", "hex")
CONTROL = Field(
    "control", "Type Dependent Control", 2, "uint_le", "hex",
    bits=(
        Bits("length", "Length (body octets − 1)", 0, LENGTH_BITS),
        Bits("ul_rate", "UL rate", LENGTH_BITS, RATE_BITS, "ul_rate", strict=True),
        Bits("by_type", "By type", LENGTH_BITS + RATE_BITS, BY_TYPE_BITS),
    ),
)  # fmt: skip
PARAMETERS: Layout = (
    Field(
        "trigger.access", "Access", 1, "uint", "hex",
        bits=(
            Bits("trigger.access_kind", "Access kind", 0, 2, "access", strict=True),
            Bits("trigger.response_type", "Response type", 2, 3, "response_type", strict=True),
            Bits("trigger.channel_offset", "UL channel offset", 5, 2, "channel_offset", strict=True),
            Bits("trigger.access_reserved", "Reserved", 7),
        ),
    ),
    Field(
        "trigger.uplink", "Uplink", 1, "uint", "hex",
        bits=(
            Bits("trigger.seed_index", "Seed index", 0, 2, "seed"),
            Bits("trigger.acwe", "ACWE", 2, 4),
            Bits("trigger.shift", "Shift", 6, 1, "shift"),
            Bits("trigger.uplink_reserved", "Reserved", 7),
        ),
    ),
    Field("trigger.session_id", "Session ID", 1, "uint"),
    Field("trigger.slots", "N (slots)", 1, "uint", minimum=1),
    Field("trigger.slot_units", "Slot duration", 2, "uint_le", unit="slot"),
)  # fmt: skip
SHIM: Layout = (
    Field(
        "shim", "Shim", 1, "uint", "hex",
        bits=(Bits("proto", "System", 5, 3, "proto"), Bits("msg", "Message number", 0, 5)),
    ),
    Field(
        "fragment", "Fragment and profile", 1, "uint", "hex",
        bits=(
            Bits("more", "More fragments", 7),
            Bits("fragment_number", "Fragment number", 4, 3),
            Bits("prof", "PROF", 0, 4),
        ),
    ),
)  # fmt: skip
_LISTED = (When("id", (0xFFFF,)), When("trigger.access_kind", (int(AccessKind.SCHEDULED),)))


def frame_layouts(profile: Profile) -> dict[int, Layout]:
    """Return the body of each frame type; a type that is not there has a body without layout."""
    mac = profile.mac
    return {
        mac.type_trigger: (
            Nested("parameters"),
            Field("trigger.listed_id", "Listed ID", "listed", "id", "hex", repeat=ID_OCTETS, when=_LISTED),
            Field("trigger.data", "DL data", REST),
        ),
        mac.type_group_ack: (
            Field("group_ack.session_id", "Session ID", 1, "uint"),
            Field("group_ack.slots", "N (slots)", 1, "uint", minimum=1),
            Field("group_ack.bitmap", "Slot bitmap", "bitmap"),
            Field("group_ack.heard_id", "Heard ID", REST, "id", "hex", repeat=ID_OCTETS),
        ),
        mac.type_sp_advert: (
            Field(
                "sp_advert.flags", "Flags", 1, "uint", "hex",
                bits=(
                    Bits("sp_advert.has_tsf", "Partial TSF", 0),
                    Bits("sp_advert.has_period", "Service period", 1),
                    Bits("sp_advert.has_access", "UL access", 2),
                ),
            ),
            Field("sp_advert.tsf", f"TSF[{TSF_BITS[0]}:{TSF_BITS[1]}]", 2, "uint_le", when=always("sp_advert.has_tsf")),
            Field("sp_advert.sp_id", "SP ID", 1, "uint", when=always("sp_advert.has_period")),
            Field("sp_advert.start", "Start (2.048 ms)", 2, "uint_le", when=always("sp_advert.has_period")),
            Field("sp_advert.interval", "Interval (2.048 ms)", 2, "uint_le", when=always("sp_advert.has_period")),
            Field("sp_advert.wake", "Minimum wake (1.024 ms)", 1, "uint", when=always("sp_advert.has_period")),
            Nested("parameters", when=always("sp_advert.has_access")),
        ),
        mac.type_response: (
            Field(
                "response.flags", "Flags", 1, "uint", "hex",
                bits=(
                    Bits("response.type", "Response type", 0, 3, "response_type", strict=True),
                    Bits("response.has_status", "Operation status", 3),
                    Bits("response.has_factor", "Mode factor", 4),
                ),
            ),
            Field("response.status", "Sustainable transmission time (64 µs)", 2, "uint_le",
                  when=always("response.has_status")),
            Field("response.mode_factor", "Mode factor (idle multiple)", 1, "uint", when=always("response.has_factor")),
            Field("response.permanent_id", "Permanent ID", mac.permanent_id_octets,
                  when=(When("response.type", (int(ResponseType.PERMANENT_ID),)),)),
            Field("response.data", "Data", REST),
        ),
        mac.type_rfid: (
            Field("rfid.count", "Bits", 1, "uint"),
            Field("rfid.gen2", "Gen2 bits", "gen2", "bits"),
        ),
    }  # fmt: skip
