"""Why a received S5 message is not acted on; the values are what counters and events show."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """The reasons of a refusal."""

    OTHER_SYSTEM = "other_system"
    OTHER_STATION = "other_station"
    OTHER_PROFILE = "other_profile"
    OTHER_POS = "other_pos"
    UNEXPECTED = "unexpected"
    MALFORMED = "malformed"
    NO_ASSOCIATION = "no_association"
    UNKNOWN_PEER = "unknown_peer"
    REPLAY = "replayed_sn"
    BAD_ICV = "bad_icv"
    BAD_MIC = "bad_mic"
    BAD_GROUP_KEY = "bad_group_key"
    WRONG_SUITE = "wrong_suite"
    SWITCHED_OFF = "delivery_off"
    FULL = "table_full"
