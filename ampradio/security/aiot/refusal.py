"""Why a received S3 message is not acted on; the values are what counters and events show, never the other side."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """The reasons of a refusal."""

    OTHER_SYSTEM = "other_system"
    OTHER_STATION = "other_station"
    OTHER_PROFILE = "other_profile"
    OTHER_DEVICE = "other_device"
    UNEXPECTED = "unexpected"
    MALFORMED = "malformed"
    BAD_ID = "bad_protected_id"
    POLICY = "policy_below_floor"
    REPLAY = "replayed_counter"
    BAD_MIC = "bad_mic"
    NOT_PROVISIONED = "not_provisioned"
