"""Why a received S4 message is not acted on; the values are what counters and events show."""

from __future__ import annotations


class Reason:
    """The reasons of a refusal; none of them is ever told to the other side."""

    OTHER_SYSTEM = "other_system"
    OTHER_STATION = "other_station"
    OTHER_PROFILE = "other_profile"
    OTHER_NETWORK = "other_network"
    UNEXPECTED = "unexpected"
    PORT = "controlled_port"
    MALFORMED = "malformed"
    NO_COMMON_SUITE = "no_common_suite"
    ELEMENT_CHANGED = "element_changed"
    KEY_INFORMATION = "key_information"
    REPLAY = "replay_counter"
    BAD_MIC = "bad_mic"
    BAD_KEY_DATA = "bad_key_data"
    NONCE_CHANGED = "nonce_changed"
    OTHER_PMK = "other_pmk"
    BAD_EAP = "bad_eap"
    OTHER_KEY = "other_key"
    OLD_PN = "old_pn"
    NO_ENTROPY = "no_entropy"
