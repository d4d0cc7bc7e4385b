"""The numbered variants of S5 and the parameters that all ends agree on (protocols page 6, rules 3 and 24 to 27).

Values only; how they are used stands in ``pos`` and ``tag``, once each. TLV numbers and AIDs above 100, ID_TYPE 3, the
suites and the lite encoding are this project's placeholders: 802.21a/d publish none that could be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

PROTO = 5
LITE_ID_OCTETS = 2
KEY_OCTETS = 16
NONCE_OCTETS = 16
MIC_OCTETS = 8
WRAPPED_OCTETS = 24
NODE_OCTETS = 3
CANDIDATE_OCTETS = 3  # AMP channel 1 and gateway ID 2 (R5.63)
CANDIDATES_MAX = 8
SECURITY_OVERHEAD_OCTETS = 2 + 2 + 8  # SAID, SN, ICV
SN_LAST = 65_535
SIGNAL_OCTETS_MAX = 400  # with the head of a full frame within eight fragments
REALM = "amp21.test"  # of MISF IDs in full frames


class Prof(IntEnum):
    """The PROF nibble of the shim (rule 3)."""

    LEGACY = 1
    REMEDY_1 = 2
    REMEDY_2 = 3


class Msg(IntEnum):
    """MSG of the shim: the row of the page's table; 7 and 8 are this project's, signalling under the new SA."""

    PREREG_REQUEST = 1
    PREREG_RESPONSE = 4
    CONFIRM_MN = 5
    CONFIRM_POS = 6
    SIGNAL_UL = 7
    SIGNAL_DL = 8


class Prf(str, Enum):
    """The PRFs that legacy leaves to its users; three of them are not."""

    HMAC = "hmac"
    CMAC = "cmac"
    LINEAR = "linear"
    UNKEYED = "unkeyed"
    CONSTANT = "constant"


CONSTANT_PRF = b"\x5a" * KEY_OCTETS


class Reading(str, Enum):
    """How the two formulas of the legacy text are read (W5.3).

    ``AS_SENT``: both leave Nonce-T out; ``AS_PRINTED``: only the SPoS does; ``FIXED``: both include it.
    """

    AS_SENT = "as-sent"
    AS_PRINTED = "as-printed"
    FIXED = "fixed"


class Delivery(str, Enum):
    """The outcomes that are compared (R5.1); the fourth, another solution, is any other ``SecuritySession``."""

    NONE = "none"  # option 1: clause 5.14 removed, full authentication through the TPoS
    LEGACY = "legacy"
    REMEDY_1 = "remedy-1"
    REMEDY_2 = "remedy-2"


class Encoding(str, Enum):
    """How MIS messages are written on the air leg."""

    LITE = "lite"
    FULL = "full"


class BackhaulKind(str, Enum):
    """What protects the leg between PoSs (R5.9, R5.29, R5.30); only ``NONE`` leaves it to nobody."""

    TLS = "tls"
    EAP = "eap"
    EXTERNAL = "external"  # IPsec or TLS over TCP below us: no Security TLV of ours
    NONE = "none"


class IdType(IntEnum):
    """ID_TYPE of a security association (R5.10)."""

    TLS = 0
    EAP = 1
    GKB = 2
    PREREG = 3


class Status(IntEnum):
    """The Status TLV (IEEE 802.21, STATUS)."""

    SUCCESS = 0
    UNSPECIFIED_FAILURE = 1
    REJECTED = 2
    AUTHORIZATION_FAILURE = 3
    NETWORK_ERROR = 4


class Tlv(IntEnum):
    """TLV types: up to 63 of IEEE 802.21, from 101 on experimental and this project's."""

    SOURCE = 1
    DESTINATION = 2
    STATUS = 3
    LINK_LIST = 31
    MN_ID = 52
    CIPHERSUITE = 101
    NONCE = 102
    KEY = 103
    KEY_LIFETIME = 104
    TPOS = 105
    SECURITY = 107
    GROUP_KEY_DATA = 109
    SUBTREE = 110
    VERIFY_CODE = 111
    TARGET_GROUP = 112
    SEQUENCE = 113
    LL_INFORMATION = 114
    STATION = 115


class Flag(IntEnum):
    """Flags octet of the lite header; 0 unless an optional field is there or no key is asked for."""

    TPOS = 0x01
    CANDIDATES = 0x02
    NO_KEY = 0x04


@dataclass(frozen=True)
class HandoverParameters:
    """What all ends of S5 must agree on.

    ``key_lifetime_s`` goes out as SALifeTime; ``persist`` keeps the MN's current SA and a delivered key in NVM;
    ``check_source`` makes a TPoS refuse a legacy N2N request from a PoS it knows no key with (R5.28);
    ``sn_ahead`` is how far ahead of use the MN writes its SN mark. Raises ``ValueError`` for what does not go together.
    """

    delivery: Delivery = Delivery.REMEDY_1
    encoding: Encoding = Encoding.LITE
    prf: Prf = Prf.HMAC
    reading: Reading = Reading.AS_SENT
    suite: int = 1
    key_lifetime_s: int = 3600
    backhaul: BackhaulKind = BackhaulKind.EAP
    check_source: bool = True
    persist: bool = True
    sn_ahead: int = 16
    tree_depth: int = 8
    tries: int = 4
    retry_ns: int = 1_000_000_000

    def __post_init__(self) -> None:
        for name, kind in (("delivery", Delivery), ("encoding", Encoding), ("prf", Prf), ("reading", Reading)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        object.__setattr__(self, "backhaul", BackhaulKind(self.backhaul))
        for name, least, most in (
            ("suite", 0, 0xFF),
            ("key_lifetime_s", 1, 0xFFFF_FFFF),
            ("sn_ahead", 1, SN_LAST),
            ("tree_depth", 1, 16),
            ("tries", 1, 16),
            ("retry_ns", 1, 1 << 62),
        ):
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}, must be {least}…{most}")
        if self.hardened and self.backhaul is BackhaulKind.NONE:
            raise ValueError("the remedies need an SA between PoSs (R5.24); backhaul none is for legacy")

    @property
    def prof(self) -> Prof:
        """The PROF of the shim; option 1 sends no message of S5 and has none of its own."""
        return {Delivery.REMEDY_1: Prof.REMEDY_1, Delivery.REMEDY_2: Prof.REMEDY_2}.get(self.delivery, Prof.LEGACY)

    @property
    def hardened(self) -> bool:
        """True for the remedies: Security TLVs, nonces in the confirmation, IDs in the key's context (rule 24)."""
        return self.delivery in (Delivery.REMEDY_1, Delivery.REMEDY_2)

    @property
    def domino(self) -> bool:
        """True where the SPoS knows the next key, so one compromise opens all later hops (R5.8, R5.53)."""
        return self.delivery in (Delivery.LEGACY, Delivery.REMEDY_1)

    @property
    def confirmed_suite(self) -> int:
        """The ciphersuite octet c of the key derivation: 0 in legacy (rule 24)."""
        return self.suite if self.hardened else 0

    def report(self) -> dict[str, str | int | bool | float]:
        """Return every setting under the name that a result prints it with."""
        return {
            "system": "S5",
            "variant": self.delivery.value,
            "prof": int(self.prof),
            "encoding": self.encoding.value,
            "prf": self.prf.value if self.delivery is Delivery.LEGACY else "none",
            "reading": self.reading.value if self.delivery is Delivery.LEGACY else "none",
            "suite": self.suite,
            "key_lifetime_s": self.key_lifetime_s,
            "backhaul": self.backhaul.value,
            "check_source": self.check_source or self.hardened,
            "persist": self.persist,
            "tree_depth": self.tree_depth,
            "domino_effect": self.domino,
            "kdf": "SP 800-108 counter mode, HMAC-SHA-256",
            "cipher": "AES-128 CCM, CMAC, key wrap",
            "group_command_signature": "omitted",
            "target_description": "AMP channel and gateway ID",
            "placeholder": "TLV numbers over 100, AIDs over 100, ID_TYPE 3, lite encoding, suite codes",
        }


@dataclass(frozen=True)
class Candidate:
    """What an MN knows of a possible target link (R5.15, R5.63)."""

    channel: int
    gateway_id: int


def require_signal(octets: bytes) -> None:
    """Raise ``ValueError`` for signalling that one message does not hold."""
    if len(octets) > SIGNAL_OCTETS_MAX:
        raise ValueError(f"one message holds {SIGNAL_OCTETS_MAX} octets of signalling, not {len(octets)}")
