"""Why a received S2 message is not acted on; the values are what counters and events show."""

from __future__ import annotations


class Reason:
    """The reasons of a refusal; none of them is ever told to the other side (no oracle)."""

    OTHER_SYSTEM = "other_system"
    OTHER_STATION = "other_station"
    OTHER_PROFILE = "other_profile"
    OTHER_DEVICE = "other_device"
    UNEXPECTED = "unexpected"
    MALFORMED = "malformed"
    BAD_ADDRESS = "bad_address"
    BAD_PROOF = "bad_proof"
    BAD_MIC = "bad_mic"
    BAD_LIFE = "bad_life"
    STALE_EPOCH = "stale_epoch"
    NORMAL_MODE = "normal_mode"
    PROVISIONING_MODE = "provisioning_mode"
    NO_SEED = "no_seed"
    NO_SESSION_KEY = "no_session_key"
    OTHER_KEY = "other_key"
    EXPIRED = "expired"
    REPLAY = "replay"
    NO_ENTROPY = "no_entropy"
