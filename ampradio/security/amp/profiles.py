"""The numbered cipher profiles of S1 and the parameters that the draft leaves open (R1.4, R1.5).

The draft publishes no length, KDF or cipher: every default here is this project's placeholder
(protocols page, sections 2.2 and 2.4), switchable and reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from ampradio.vectors import PpduKind

PROTO = 1
TRIGGER_OCTETS = 6
PN_MAX = 255
WRAPPED_OCTETS = 40
UNONCE_OCTETS = 16
SERVER_TAG_OCTETS = 8
ROOT_OCTETS = 32
ADDRESS_OCTETS = 6
VERSION_MAX = 0xFFFF
ID_MAX = 0xFFFE
RESERVED_LOW_BITS = 63
GROUP_BIT = 0x01


class Msg(IntEnum):
    """MSG of the shim: the row of the page's table; odd is downlink, even uplink."""

    SEC_TRIGGER = 1
    SEC_RESPONSE = 2
    SEC_CONFIRM = 3
    SEC_ACK = 4
    PMK_UPDATE = 5
    PMK_UPDATED = 6


class UpdateStatus(IntEnum):
    """Status octet of PMK-UPDATED; the page fixes 0, the others are this project's."""

    COMMITTED = 0
    STALE_VERSION = 1
    NOT_FROM_SERVER = 2


class Prof(IntEnum):
    """The PROF nibble of the shim (rule 3)."""

    LITERAL = 1
    HARDENED = 2
    ASCON = 3


class BackscatterPolicy(str, Enum):
    """Which backscatter tags may use the method; the PDT lets them go without (R1.31)."""

    REFUSED = "refused"
    BISTATIC = "bistatic"
    ALLOWED = "allowed"

    def permits(self, uplink: PpduKind) -> bool:
        """Return whether a tag with this kind of uplink takes part."""
        if uplink is PpduKind.UL_BISTATIC:
            return self is not BackscatterPolicy.REFUSED
        return uplink is not PpduKind.UL_MONO_STATIC or self is BackscatterPolicy.ALLOWED


@dataclass(frozen=True)
class AmpParameters:
    """What both ends of S1 must agree on beforehand.

    ``flow`` is the number of messages (2 is not mutual); ``uplink_data_max`` the UL data octets that the AP sizes
    a slot for; ``ptk_lifetime_ns`` how long a tag keeps a transient key (rule 8).
    Raises ``ValueError`` for a value outside the page's lists.
    """

    prof: Prof = Prof.HARDENED
    nonce_octets: int = 16
    modifier_octets: int = 8
    mic_octets: int = 8
    encrypt: bool = True
    flow: int = 3
    backscatter: BackscatterPolicy = BackscatterPolicy.BISTATIC
    uplink_data_max: int = 16
    ptk_lifetime_ns: int = 1_000_000_000

    def __post_init__(self) -> None:
        object.__setattr__(self, "prof", Prof(self.prof))
        object.__setattr__(self, "backscatter", BackscatterPolicy(self.backscatter))
        if self.prof is Prof.ASCON:
            raise ValueError("PROF 3 needs Ascon, which the cryptography package does not provide; use PROF 1 or 2")
        _require("nonce_octets", self.nonce_octets, (8, 16, 32))
        _require("modifier_octets", self.modifier_octets, (0, 4, 8, 16))
        _require("mic_octets", self.mic_octets, (2, 4, 8, 16))
        _require("flow", self.flow, (2, 3, 4))
        if self.uplink_data_max < 0:
            raise ValueError(f"uplink_data_max is {self.uplink_data_max}, must not be negative")
        if self.ptk_lifetime_ns <= 0:
            raise ValueError(f"ptk_lifetime_ns is {self.ptk_lifetime_ns}, must be positive")

    @property
    def hardened(self) -> bool:
        """True unless the seed's gaps are kept on purpose."""
        return self.prof is not Prof.LITERAL

    @property
    def response_octets(self) -> int:
        """Octets of the longest SEC-RESPONSE payload."""
        return 1 + self.nonce_octets + self.uplink_data_max + self.mic_octets

    @property
    def ack_octets(self) -> int:
        """Octets of the longest SEC-ACK payload."""
        return 2 + self.uplink_data_max + self.mic_octets

    @property
    def updated_octets(self) -> int:
        """Octets of the PMK-UPDATED payload."""
        return 5 + self.mic_octets

    def update_content_octets(self, wrap: bool) -> int:
        """Return the octets of PMK-UPDATE between version and MIC (rule 9)."""
        if wrap:
            return WRAPPED_OCTETS
        return UNONCE_OCTETS + (SERVER_TAG_OCTETS if self.hardened else 0)

    def report(self) -> dict[str, str | int | bool | float]:
        """Return every setting under the name that a result prints it with."""
        return {
            "system": "S1",
            "variant": self.prof.name.lower(),
            "prof": int(self.prof),
            "flow": self.flow,
            "mutual_authentication": self.flow > 2,
            "nonce_octets": self.nonce_octets,
            "modifier_octets": self.modifier_octets,
            "mic_octets": self.mic_octets,
            "encrypt": self.encrypt,
            "kdf": "KDF-Hash-Length, HMAC-SHA-256",
            "cipher": "AES-128 CTR and CMAC",
            "backscatter": self.backscatter.value,
            "uplink_data_max": self.uplink_data_max,
            "ptk_lifetime_ns": self.ptk_lifetime_ns,
            "placeholder": "lengths, KDF, cipher, message layouts, lifetime",
        }


def _require(name: str, value: int, allowed: tuple[int, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value}, must be one of {', '.join(map(str, allowed))}")


def require_station(station_id: int, uplink: PpduKind) -> None:
    """Raise ``ValueError`` for an ID that cannot be assigned to a tag with this kind of uplink (rules 3 and 4)."""
    if not 0 <= station_id <= ID_MAX:
        raise ValueError(f"station_id is {station_id}, must be 0…{ID_MAX}")
    if uplink is PpduKind.UL_ACTIVE and station_id & RESERVED_LOW_BITS == RESERVED_LOW_BITS:
        raise ValueError(f"station_id 0x{station_id:04x} has 63 in its low six bits, which AMP-SIG means as broadcast")
    if uplink.is_downlink:
        raise ValueError(f"{uplink.name} is not an uplink")


def require_address(octets: bytes, name: str) -> bytes:
    """Return a 6-octet address; raises ``ValueError`` for another length or a group address."""
    if len(octets) != ADDRESS_OCTETS:
        raise ValueError(f"{name} has {len(octets)} octets, an address has {ADDRESS_OCTETS}")
    if octets[0] & GROUP_BIT:
        raise ValueError(f"{name} {octets.hex(':')} is a group address")
    return octets
