"""A decoded frame in one line, for an annotation's comment: who to whom, and every field that is in it."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

from ampradio.mac.frame import parse_frame, station_of
from ampradio.mac.ladder import station_name
from ampradio.mac.refusal import Refusal
from ampradio.profile.model import Mac

_ADDRESSED = ("station_id",)


def frame_words(mac: Mac, psdu: bytes, *, downlink: bool) -> str:
    """Return the fields of a PSDU in words; why it cannot be read where it cannot."""
    frame = parse_frame(mac, psdu)
    if isinstance(frame, Refusal):
        return f"{frame.reason.value.replace('_', ' ')} {frame.detail}".strip()
    station = station_name(mac, station_of(mac, frame))
    ends = f"AP → {station}" if downlink else f"{station} → AP"
    return "; ".join([ends, *_fields(frame)])


def _fields(value: Any) -> list[str]:
    found: list[str] = []
    for each in dataclasses.fields(value):
        held = getattr(value, each.name)
        if each.name in _ADDRESSED or held is None or (each.name != "payload" and held in (b"", ())):
            continue
        if dataclasses.is_dataclass(held):
            found += _fields(held)
        else:
            found.append(f"{each.name.replace('_', ' ')} {_value(held)}")
    return found


def _value(held: object) -> str:
    if isinstance(held, (bytes, bytearray)):
        return held.hex()
    if isinstance(held, Enum):
        return held.name.lower().replace("_", " ")
    if isinstance(held, bool):
        return "yes" if held else "no"
    return str(held)
