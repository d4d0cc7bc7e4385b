"""The security systems that an experiment file may name: their variants, and what one message of each holds."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.shim import payload_octets_max
from ampradio.profile.model import Profile
from testbed.experiment.shape import Security

# Fields of the S1 messages beside nonce, modifier, MIC and data (protocols page, 2.4 and rule 8).
RESPONSE_FLAG_OCTETS = 1
CONFIRM_FLAG_AND_PN_OCTETS = 2
PROVISIONING_DATA_OCTETS_MAX = 128  # of a REQ or RES, in fragments: our limit
HANDOVER_DATA_OCTETS_MAX = 128  # of signalling under the new SA, in fragments: our limit
RSNA_DATA_OCTETS_MAX = 256  # of protected unicast data, in fragments: our limit
AIOT_PAYLOAD_OCTETS_MAX = 256  # of a COMMAND or CMD-RSP, in fragments: our limit

VARIANTS = {
    "amp": ("hardened", "literal"),
    "provisioning": ("hardened", "literal", "identity-hiding"),
    "aiot": ("hardened", "floor", "literal"),
    "rsna": ("seed-order", "rsn-order"),
    "handover": ("remedy-1", "remedy-2", "legacy"),
}
"""By system, the default first."""

EAP_SUITES = (1, 5)  # AKMs of 802.11 whose PMK comes from EAP


@dataclass(frozen=True)
class Capacity:
    """How many octets of data one command and one reading may have, and which message carries them."""

    command_octets: int
    command_carrier: str
    reading_octets: int
    reading_carrier: str


def variant_of(security: Security) -> str:
    """Return the variant that was named, or the system's default."""
    return security.variant or VARIANTS[security.system][0]


def capacity_of(profile: Profile, security: Security) -> Capacity:
    """Return what fits the messages of the experiment's system."""
    if security.system == "provisioning":
        octets = PROVISIONING_DATA_OCTETS_MAX
        return Capacity(octets, "REQ-SENSOR-DATA", octets, "RES-SENSOR-DATA")
    if security.system == "handover":
        return Capacity(HANDOVER_DATA_OCTETS_MAX, "SIGNAL-DL", HANDOVER_DATA_OCTETS_MAX, "SIGNAL-UL")
    if security.system == "rsna":
        return Capacity(RSNA_DATA_OCTETS_MAX, "DATA-DL", RSNA_DATA_OCTETS_MAX, "DATA-UL")
    if security.system == "aiot":
        return Capacity(AIOT_PAYLOAD_OCTETS_MAX, "COMMAND", AIOT_PAYLOAD_OCTETS_MAX, "CMD-RSP")
    return _amp(profile, security)


def _amp(profile: Profile, security: Security) -> Capacity:
    """Return the room of one frame each: S1 puts no message in fragments here."""
    room, amp = payload_octets_max(profile.mac), security.amp
    reading = room - RESPONSE_FLAG_OCTETS - amp.nonce_octets - amp.mic_octets
    if amp.flow == 2:
        command = room - profile.mac.trigger_octets - amp.nonce_octets - amp.modifier_octets
        return Capacity(command, "SEC-TRIGGER", reading, "SEC-RESPONSE")
    return Capacity(room - CONFIRM_FLAG_AND_PN_OCTETS - amp.mic_octets, "SEC-CONFIRM", reading, "SEC-RESPONSE")
