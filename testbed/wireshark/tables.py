"""``python -m testbed.wireshark.tables``: makes ``amp.lua`` of the layouts and ``engine.lua``; ``--check`` compares.

Names, sizes and numbers of frames and messages stand once, in the codecs' constants and the layouts made of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ampradio.mac.frame import type_name
from ampradio.mac.message_names import message_name
from ampradio.profile import DEFAULT, load_profile
from ampradio.profile.model import Profile
from ampradio.security.aiot.profiles import MIC_LENGTHS
from ampradio.security.handover.profiles import PROTO as HANDOVER_PROTO
from ampradio.security.provisioning.profiles import Prof as ProvisioningProf
from testbed.capture import radio_header
from testbed.wireshark import handover_layouts, message_layouts, radio_layout, rsna_layouts
from testbed.wireshark.layout import Carried, Elements, Field, Layout, MessageLayout, Nested, When
from testbed.wireshark.mac_layout import (
    CONTROL,
    FRAME_CONTROL,
    PARAMETERS,
    SHIM,
    STATION_ID,
    frame_layouts,
    mac_values,
)
from testbed.wireshark.parameters import PARAMETERS as LENGTHS

ENGINE = Path(__file__).with_name("engine.lua")
DISSECTOR = Path(__file__).with_name("amp.lua")
HEAD = "-- Made by `python -m testbed.wireshark.tables` of the layouts beside it and of engine.lua: edit those.\n"
FILTER = "amp11bp"
"""What field names begin with: ``amp`` itself is another protocol of Wireshark's."""
_MSGS = range(32)


def dissector(profile: Profile) -> str:
    """Return the text of ``amp.lua`` for the numbers of a profile."""
    return f"{HEAD}local T = {lua(tables(profile))}\n{ENGINE.read_text(encoding='utf-8')}"


def tables(profile: Profile) -> dict[str, object]:
    """Return everything the engine needs to know."""
    mac, messages = profile.mac, all_messages()
    layouts = {"parameters": PARAMETERS, **handover_layouts.NESTED}
    rsn = rsna_layouts.RSN_ELEMENT
    whole: list[Layout] = [(FRAME_CONTROL, STATION_ID, CONTROL), SHIM, rsn, *layouts.values()]
    whole += [parts for each in messages for parts in (each.parts, each.clear)]
    frames = frame_layouts(profile)
    whole += list(frames.values())
    values = {
        "kind": radio_layout.KIND_WORDS,
        **mac_values(profile),
        **message_layouts.SYSTEM_VALUES,
        **handover_layouts.HANDOVER_VALUES,
        **rsna_layouts.RSNA_VALUES,
    }
    return {
        "filter": FILTER,
        "profile": profile.name,
        "magic": radio_header.MAGIC.decode(),
        "version": radio_header.VERSION,
        "header_octets": radio_header.HEADER_OCTETS,
        "tlv": {"node": radio_header.TLV_NODE, "parameters": radio_header.TLV_PARAMETERS,
                "decrypted": radio_header.TLV_DECRYPTED},
        "sent": radio_header.SENT, "downlink": radio_header.DOWNLINK,
        "radio": [
            {"f": f.name, "at": f.offset, "n": f.octets, "t": f.type, "p": f.present,
             "s": f.name in radio_layout.ONLY_SENT} for f in radio_layout.FIELDS
        ],
        "radio_flags": [name for name, _, _ in radio_layout.FLAGS],
        "short": {number: True for number in (mac.type_ack, mac.type_excitation)},
        "shimmed": {number: True for number in (mac.type_data, mac.type_authentication)},
        "excitation": mac.type_excitation,
        "broadcast_only": {number: True for number in (mac.type_group_ack, mac.type_sp_advert)},
        "mac_header": mac.header_octets, "fcs": mac.fcs_octets, "short_octets": mac.short_frame_octets,
        "broadcast": mac.broadcast_id, "protected_bit": mac.protected_bit,
        "slot_unit_us": profile.timing.slot_unit_ns / 1000,
        "fragments_max": mac.fragments_max,
        "id_octets": {0: 20, 1: 8, 2: 12, 3: 8},
        "mac_lengths": dict(enumerate(MIC_LENGTHS)),
        "lengths": [{"number": p.number, "name": p.name, "default": p.default, "words": p.words} for p in LENGTHS],
        "type_names": {number: type_name(mac, number) for number in range(1 << mac.frame_type_bits)},
        "prof_names": message_layouts.PROF_WORDS,
        "names": _names(messages),
        "values": values,
        "fields": [*_radio_fields(), *_fields(whole)],
        "head": {"control": _part(FRAME_CONTROL), "id": _part(STATION_ID), "by_type": _part(CONTROL)},
        "shim": _parts(SHIM),
        "rsn_element": _parts(rsn),
        "layouts": {name: _parts(parts) for name, parts in layouts.items()},
        "frames": {number: _parts(parts) for number, parts in frames.items()},
        "messages": {
            f"{each.proto}.{each.msg}.{prof}": {"parts": _parts(each.parts), "clear": _parts(each.clear)}
            for each in messages for prof in each.profs
        },
        "full": {"proto": HANDOVER_PROTO, "parts": _parts(handover_layouts.S5_FULL)},
    }  # fmt: skip


def all_messages() -> list[MessageLayout]:
    """Return the messages of all five systems."""
    return [*message_layouts.system_messages(), *handover_layouts.S5, *rsna_layouts.rsna_messages()]


def _names(messages: Iterable[MessageLayout]) -> dict[str, str]:
    protos = sorted({each.proto for each in messages})
    hiding = int(ProvisioningProf.IDENTITY_HIDING)
    names = {f"{proto}.{msg}": message_name(proto, msg) for proto in protos for msg in _MSGS}
    special = {f"{proto}.{msg}.{hiding}": message_name(proto, msg, hiding) for proto in protos for msg in _MSGS}
    return names | {key: name for key, name in special.items() if names[key.rpartition(".")[0]] != name}


def _parts(parts: Layout) -> list[object]:
    return [_part(each) for each in parts]


def _part(part: object) -> dict[str, object]:
    if isinstance(part, Nested):
        return {"nested": part.layout, **_conditions(part.when)}
    if isinstance(part, Carried):
        return {"carried": part.dissector, "label": part.label}
    if isinstance(part, Elements):
        return {"elements": True}
    assert isinstance(part, Field)
    found: dict[str, object] = {"f": part.name, "label": part.label, "n": part.size, "k": part.kind}
    optional = {"r": part.repeat, "strict": part.strict and part.values, "min": part.minimum, "unit": part.unit,
                "secret": part.secret}  # fmt: skip
    found |= {key: value for key, value in optional.items() if value}
    if part.bits:
        found["b"] = [
            {"f": bit.name, "shift": bit.shift, "width": bit.width, **({"strict": bit.values} if bit.strict else {}),
             **({"zero": True} if bit.label == "Reserved" else {})}
            for bit in part.bits
        ]  # fmt: skip
    return found | _conditions(part.when)


def _conditions(when: tuple[When, ...]) -> dict[str, object]:
    return {"w": [{"f": each.name, "v": list(each.values), "no": each.negate} for each in when]} if when else {}


def _fields(layouts: Iterable[Layout]) -> list[dict[str, object]]:
    """Return every field once, wide enough for the widest place it stands in; ``ValueError`` if two disagree."""
    found: dict[str, dict[str, object]] = {}
    for part in (part for parts in layouts for part in parts):
        if not isinstance(part, Field):
            continue
        octets = part.size if isinstance(part.size, int) else 0
        _declare(found, part.name, part.label, _type(part.kind, part.repeat or octets), part.base, part.values)
        for bit in part.bits:
            mask = ((1 << bit.width) - 1) << bit.shift
            _declare(found, bit.name, bit.label, _type("uint", octets), "dec", bit.values, mask)
    return list(found.values())


def _declare(
    found: dict[str, dict[str, object]], name: str, label: str, kind: str, base: str, values: str, mask: int = 0
) -> None:
    held = found.get(name)
    field = {"f": name, "label": label, "t": kind, "base": base, "values": values, "mask": mask}
    if held is not None:
        if {**held, "t": "", "label": ""} != {**field, "t": "", "label": ""}:
            raise ValueError(f"amp.{name} has two meanings: {held} and {field}")
        if kind.startswith("uint") != str(held["t"]).startswith("uint"):
            raise ValueError(f"amp.{name} is {held['t']} and {kind}")
        if kind.startswith("uint") and int(kind[4:]) < int(str(held["t"])[4:]):
            return
    found[name] = field


def _type(kind: str, octets: int) -> str:
    if kind in ("uint", "uint_le", "id"):
        return {1: "uint8", 2: "uint16", 3: "uint24", 4: "uint32"}.get(octets, "uint64")
    return {"bits": "string"}.get(kind, "bytes")


def _radio_fields() -> list[dict[str, object]]:
    found: list[dict[str, object]] = [
        {"f": f.name, "label": f.label, "t": f.type, "base": f.base, "values": f.values, "mask": 0}
        for f in radio_layout.FIELDS
    ]
    return found + [
        {"f": name, "label": label, "t": "uint32", "base": "dec", "values": "", "mask": mask}
        for name, label, mask in radio_layout.FLAGS
    ]


def lua(value: object, depth: int = 0) -> str:
    """Return a Lua literal, one entry a line down to the third level."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, Mapping):
        entries = [f"[{lua(key)}]={lua(each, depth + 1)}" for key, each in value.items()]
    else:
        assert isinstance(value, Iterable)
        entries = [lua(each, depth + 1) for each in value]
    if depth < 3 and sum(map(len, entries)) > 80:
        pad = " " * (depth + 1)
        return "{\n" + "".join(f"{pad}{entry},\n" for entry in entries) + " " * depth + "}"
    return "{" + ",".join(entries) + "}"


def main() -> int:
    """Write ``amp.lua``, or tell with ``--check`` whether it is what the layouts give."""
    text = dissector(load_profile(DEFAULT))
    if "--check" in sys.argv[1:]:
        same = DISSECTOR.is_file() and DISSECTOR.read_text(encoding="utf-8") == text
        print(f"{DISSECTOR}: {'as the layouts say' if same else 'differs; python -m testbed.wireshark.tables'}")
        return 0 if same else 1
    DISSECTOR.write_text(text, encoding="utf-8")
    print(f"{DISSECTOR}: {len(text)} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
