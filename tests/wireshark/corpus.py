"""Frames with what must be seen in them: the independent vectors, and every message that the five systems exchange."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ampradio.mac.group_ack import GroupAck
from ampradio.mac.header import Header, seal
from ampradio.mac.message_names import message_name
from ampradio.mac.response import Response
from ampradio.mac.shim import fragments
from ampradio.mac.sp_advert import ServicePeriod, SpAdvert
from ampradio.mac.trigger import AccessKind, ChannelOffset, ResponseType, TriggerParameters
from ampradio.profile import DEFAULT, load_profile
from ampradio.security.session import Message
from ampradio.vectors import PpduKind, TxVector
from testbed.attack.scene import Scene
from testbed.attack.suspects import SUSPECTS, Suspect
from testbed.capture.pcapng import LINKTYPE_AMP, OUTBOUND, Interface, PcapngWriter
from testbed.capture.radio_header import said
from testbed.wireshark.parameters import parameters_of
from tests.conftest import SHARED

PROFILE = load_profile(DEFAULT)
MAC = PROFILE.mac
BROADCAST_NAMES = ("PROV", "PROV-B1", "PROV-B3", "PAGING", "data group", "group key")


@dataclass(frozen=True)
class Sample:
    """A PSDU, its direction, and values of fields (text as tshark shows it) that must be there."""

    origin: str
    psdu: bytes
    downlink: bool = True
    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    parameters: tuple[tuple[int, int], ...] = ()


def write(path: Path, samples: Sequence[Sample]) -> Path:
    """Write a capture of the samples, a millisecond apart."""
    with PcapngWriter(path, Interface(LINKTYPE_AMP, "corpus")) as writer:
        for number, each in enumerate(samples):
            kind = PpduKind.DL_TYPE1 if each.downlink else PpduKind.UL_ACTIVE
            start_ns = number * 1_000_000
            header = said("corpus", TxVector(kind, 250_000), start_ns, start_ns + 1000, ap=each.downlink,
                          carrier_hz=2_437_000_000, parameters=each.parameters)  # fmt: skip
            writer.write(start_ns, header.encode() + each.psdu, 0, OUTBOUND)
    return path


def vector_frames() -> Iterator[Sample]:
    """Yield the MAC frames of the PHY's vectors, with the fields that they were made of."""
    names = {
        5: {"access": "trigger.access_kind", "response": "trigger.response_type", "offset": "trigger.channel_offset",
            "seed": "trigger.seed_index", "acwe": "trigger.acwe", "session": "trigger.session_id",
            "n": "trigger.slots", "slot": "trigger.slot_units", "data": "trigger.data"},
        7: {"session": "group_ack.session_id", "n": "group_ack.slots"},
        8: {"tsf": "sp_advert.tsf"},
        9: {"response": "response.type", "gen2": ""},
        10: {"gen2": "rfid.gen2"},
    }  # fmt: skip
    document = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())
    for each in document["vectors"]["frames"]:
        known = names.get(each["type"], {})
        fields = {known[key]: _shown(value, key) for key, value in each["fields"].items() if known.get(key)}
        fields |= {"type": str(each["type"]), "id": f"0x{each['sta_id']:04x}", "protected": str(each["protected"])}
        yield Sample(each["id"], bytes.fromhex(each["psdu"]), each["type"] != 9, fields=fields)


def _shown(value: object, key: str) -> str:
    if key == "data":
        return ":".join(str(value)[at : at + 2] for at in range(0, len(str(value)), 2))
    return str(value)


def vector_messages() -> Iterator[Sample]:
    """Yield each frame of each message of the security vectors, with the nonces and MICs that the vector names."""
    document = json.loads((SHARED / "vectors" / "amp_security.json").read_text())
    for vector in document["vectors"]:
        inputs = vector["inputs"]
        for message in vector["messages"]:
            for number, body in enumerate(message["bodies"]):
                octets = bytes.fromhex(body)
                station = _station(message, inputs, vector)
                header = Header(MAC.type_authentication, station, protected=True)
                proto, msg, prof = octets[0] >> 5, octets[0] & 31, octets[1] & 15
                whole = len(message["bodies"]) == 1
                fields = {"proto": str(proto), "msg": str(msg), "prof": str(prof), "fcs_good": "1"}
                fields["fragment_number"] = str(number)
                if whole or number == len(message["bodies"]) - 1:
                    fields |= _expected(proto, inputs, message)
                name = message_name(proto, msg, prof) + ("" if whole else f" [{number}]")
                yield Sample(
                    f"{vector['name']}: {message['name']}", seal(MAC, header, octets), message["dir"] == "DL", name,
                    fields, _lengths(proto, inputs, message),
                )  # fmt: skip


def _station(message: dict[str, str], inputs: dict[str, object], vector: object) -> int:
    if "aad" in message:
        return int.from_bytes(bytes.fromhex(message["aad"])[1:3], "little")
    return MAC.broadcast_id if message["name"] in BROADCAST_NAMES else int(str(inputs.get("id16", 0x1234)))


def _expected(proto: int, inputs: dict[str, object], message: dict[str, str]) -> dict[str, str]:
    """Return fields whose values the vector states by themselves, found where the payload holds them."""
    wanted = {
        1: {"s1.anonce": "an", "s1.snonce": "sn", "s1.modifier": "modifier"},
        2: {"s2.gwid": "gwid", "s2.device_nonce": "dev_nonce", "s2.gw_nonce": "gwn"},
        3: {"s3.network_nonce": "nn" if message["name"] == "PAGING" else "nn2",
            "s3.device_nonce": "dn" if message["name"] == "AUTH-RSP" else "dn2"},
        5: {"s5.nonce_t": "nt", "s5.nonce_n": "nn"},
    }.get(proto, {})  # fmt: skip
    found = {
        name: _colons(str(inputs[key]))
        for name, key in wanted.items()
        if inputs.get(key) and str(inputs[key]) in message["payload"]
    }
    if proto == 1 and "mic" in message:
        found["s1.mic"] = _colons(message["mic"])
    if proto == 5:
        found |= {"s5.tid": str(inputs["tid"])}
    return found


def _colons(text: str) -> str:
    return ":".join(text[at : at + 2] for at in range(0, len(text), 2))


def _lengths(proto: int, inputs: dict[str, object], message: dict[str, str]) -> tuple[tuple[int, int], ...]:
    if proto == 1:
        mic = len(message.get("mic", "")) // 2 or 8
        return (1, len(str(inputs["an"])) // 2), (2, len(str(inputs["modifier"])) // 2), (3, mic)
    if proto == 3:
        return (6, int(str(inputs["mode"]))), (7, 0x25)
    return ()


VARIANTS: tuple[Suspect, ...] = (
    *SUSPECTS,
    Suspect("S1 update", "amp", "hardened", ("security.amp.flow=4", 'security.amp.pmk_update="derive"')),
    Suspect("S1 wrap", "amp", "literal", ("security.amp.flow=4", 'security.amp.pmk_update="wrap"')),
    Suspect("S2-B", "provisioning", "identity-hiding"),
    Suspect("S3 mode 0", "aiot", "literal", ('security.aiot.id_mode="encrypted"',)),
    Suspect("S3-F", "aiot", "floor"),
    Suspect("S4 rsn", "rsna", "rsn-order"),
    Suspect("S4 full seed", "rsna", "seed-order", ('security.rsna.encoding="full"',)),
    Suspect("S4 full", "rsna", "rsn-order", ('security.rsna.encoding="full"',)),
    Suspect("S5 full", "handover", "remedy-1", ('security.handover.encoding="full"',)),
)


MIC_33 = ":".join(["33"] * 8)
SIGNAL = "01020001" + "aabbcc" + "00" * 8


def _eap(code: int, identifier: int, body: bytes) -> str:
    return (bytes([code, identifier]) + (4 + len(body)).to_bytes(2, "big") + body).hex()


_PSK, _PCHANNEL = b"\x2f", bytes(4) + bytes(17)  # RFC 4764: type 47; nonce, tag and sealed result of the P-channel
EAP = (
    (6, _eap(1, 1, b"\x01")),
    (7, _eap(2, 1, b"\x01tag")),
    (8, _eap(1, 2, _PSK + b"\x00" + bytes(16) + b"as")),
    (9, _eap(2, 2, _PSK + b"\x40" + bytes(48) + b"tag")),
    (10, _eap(1, 3, _PSK + b"\x80" + bytes(32) + _PCHANNEL)),
    (11, _eap(2, 3, _PSK + b"\xc0" + bytes(16) + _PCHANNEL)),
    (12, _eap(3, 3, b"")),
)


def made_frames() -> Iterator[Sample]:
    """Yield frames that no vector and no exchange has, made with the codec, values chosen here."""
    kinds = AccessKind.RANDOM_ID_ONLY, ResponseType.ID_ONLY, ChannelOffset.UPPER
    access = TriggerParameters(*kinds, 2, 5, True, 9, 3, 77)
    beyond = GroupAck(7, 10, ((1, 0x0234), (10, 0x0456)))
    period = ServicePeriod(3, 500, 1000, 4)
    yield Sample("group ack", beyond.encode(MAC), name="Group Ack", fields={
        "group_ack.session_id": "7", "group_ack.slots": "10", "group_ack.bitmap": "01:02",
    })
    yield Sample("sp advert", SpAdvert(0x5A5, period, access).encode(MAC), name="SP Advert", fields={
        "sp_advert.tsf": str(0x5A5), "sp_advert.sp_id": "3", "sp_advert.start": "500", "sp_advert.interval": "1000",
        "sp_advert.wake": "4", "trigger.access_kind": "2", "trigger.channel_offset": "2", "trigger.seed_index": "2",
        "trigger.acwe": "5", "trigger.shift": "1", "trigger.session_id": "9", "trigger.slots": "3",
        "trigger.slot_units": "77",
    })
    status = Response(0x0234, ResponseType.OPERATION_STATUS, b"", 1234, 9, 1)
    yield Sample("status", status.encode(MAC), False, "Response", {
        "response.status": "1234", "response.mode_factor": "9", "response.type": "2", "ul_rate": "1",
    })
    for number in (mac_type for mac_type in range(5)):
        yield Sample("wake-up radio", seal(MAC, Header(number, 0x0ABC), b"\x01\x02\x03"), fields={"body": "01:02:03"})
    for proto, msg, prof, payload, fields in (
        (4, 22, 1, "0300", {"s4.reason": "3"}),
        (4, 4, 1, "01060404 00".replace(" ", "") + "00" * 16, {"s4.pmkids": "1", "s4.pmkid": ":".join(["00"] * 16)}),
        (5, 1, 1, "01050301010201" + "22" * 16 + "0202" + "010202", {"s5.tpos": "0x0202", "s5.candidate": "01:02:02"}),
        (5, 1, 2, "01050501010201" + "0202", {"s5.tpos": "0x0202", "s5.no_key": "1"}),
        *((5, msg, prof, f"0{msg}050001010202" + SIGNAL, {"s5.sn": "1", "s5.sealed": "aa:bb:cc"})
          for msg in (7, 8) for prof in (1, 2, 3)),
        (2, 7, 3, "810203" + "00" + "1122" + "33" * 8, {"s2.x": "1", "s2.cntr": str(0x10203), "s2.mic": MIC_33}),
        (2, 8, 3, "00" * 7 + "09" + "33" * 8, {"s2.epoch": "9", "s2.mic": MIC_33}),
        (4, 21, 2, "01" + "00" * 5 + "07" + "aabb" + "33" * 8, {"s4.key_id": "1", "s4.pn": "7", "s4.ccm_mic": MIC_33}),
        (4, 22, 2, "0300", {"s4.reason": "3"}),
        *((4, msg, 1, eap, {"eap.code": eap[1], "eap.len": str(len(eap) // 2)}) for msg, eap in EAP),
        *((4, msg, 2, f"0100{len(eap) // 2:04x}{eap}", {"eap.code": eap[1], "eapol.type": "0"}) for msg, eap in EAP),
    ):
        header = Header(MAC.type_authentication, 0x0234, protected=True)
        for shim, piece in fragments(MAC, Message(proto, msg, prof, 0x0234, bytes.fromhex(payload))):
            shown = {} if shim.more else fields
            yield Sample("made", seal(MAC, header, shim.encode() + piece), msg not in (4, 1, 7), fields=shown)


@cache
def exchanged(label: str) -> tuple[Sample, ...]:
    """Return every PPDU of a whole exchange of a variant over a perfect link, with its name."""
    (suspect,) = (each for each in VARIANTS if each.label == label)
    scene = Scene(suspect.experiment())
    scene.run()
    assert scene.succeeded, label
    lengths = parameters_of(scene.stations.ends.report)
    return tuple(
        Sample(label, each.tx.psdu, each.tx.vector.kind.is_downlink, parameters=lengths) for each in scene.tap.heard
    )
