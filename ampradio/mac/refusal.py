"""Why a PSDU or one of its parts is refused: a value, never an exception, because it came over the air."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(str, Enum):
    """The reasons for which a received frame is dropped; values are what events and counters show."""

    TOO_SHORT = "too_short"
    LENGTH_MISMATCH = "length_mismatch"
    BAD_FCS = "bad_fcs"
    BAD_BODY = "bad_body"
    RESERVED_VALUE = "reserved_value"
    BAD_SHIM = "bad_shim"
    FRAGMENT_OUT_OF_ORDER = "fragment_out_of_order"
    FRAGMENT_REPEATED = "fragment_repeated"
    NOT_FOR_US = "not_for_us"
    UNEXPECTED_TYPE = "unexpected_type"
    NOT_PROTECTED = "not_protected"
    UNEXPECTED_STATION = "unexpected_station"
    OUTSIDE_SLOT = "outside_slot"
    SLOT_TOO_SHORT = "slot_too_short"
    SLOT_LOST = "slot_lost"
    HALF_DUPLEX = "half_duplex"


@dataclass(frozen=True)
class Refusal:
    """A refused frame: the reason, what was wrong with it, and type and ID as far as they could be read."""

    reason: Reason
    detail: str = ""
    frame_type: int | None = None
    station_id: int | None = None
