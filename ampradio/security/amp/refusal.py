"""Why a received S1 message is not acted on; the values are what counters and events show."""

from __future__ import annotations

from enum import Enum


class Reason(str, Enum):
    """The reasons of a refusal; none of them is ever told to the other side (no oracle)."""

    OTHER_SYSTEM = "other_system"
    OTHER_STATION = "other_station"
    OTHER_PROFILE = "other_profile"
    UNEXPECTED = "unexpected"
    MALFORMED = "malformed"
    ZERO_NONCE = "zero_nonce"
    ENCRYPTION = "encryption_flag"
    REPLAY = "replayed_pn"
    BAD_MIC = "bad_mic"
    AP_NOT_AUTHENTICATED = "ap_not_authenticated"
    BACKSCATTER = "backscatter_policy"
    WRONG_VERSION = "wrong_version"
