"""The numbered variants of S2 and the parameters that the contribution leaves open (page 3.4, rules 3, 10-15).

Contribution 11-25/0263r0 publishes no length beyond the keys' and no message layout: every default here is this
project's placeholder, switchable and reported. Values only: each end has its own encoding and key schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

PROTO = 2

GWID_OCTETS = 4
TK_NONCE_OCTETS = 16
EPOCH_OCTETS = 8
ADDRESS_OCTETS = 2
PROOF_OCTETS = 8
MIC_OCTETS = 8
KEY_OCTETS = 16
HASH_OCTETS = 32
GW_NONCE_OCTETS = 8
SEALED_SERIAL_OCTETS = 60
CNTR_MAX = (1 << 23) - 1
SEQ_MAX = 255
LIFE_MAX = (1 << 15) - 1
ADDRESS_BITS = 12
SEEDED = 1 << 15
RESERVED_LOW_BITS = 63


class Prof(IntEnum):
    """The PROF nibble of the shim (rule 3)."""

    LITERAL = 1
    HARDENED = 2
    IDENTITY_HIDING = 3


@dataclass(frozen=True)
class MessageNumbers:
    """MSG of the shim by name; None where the variant has no such message (rules 3 and 15)."""

    hello: int | None
    identity: int | None
    prov: int
    confirm: int
    req: int
    res: int
    rekey: int
    reprovision: int

    def name(self, msg: int) -> str:
        """Return the page's name of a message."""
        names = {number: name for name, number in vars(self).items() if number is not None}
        return names.get(msg, str(msg)).upper()


ONE_DOWNLINK = MessageNumbers(None, None, 1, 2, 3, 4, 5, 6)
TWO_DOWNLINK = MessageNumbers(1, 2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True)
class Life:
    """How long a session key may be used (R2.46): so many requests, or so many seconds after REKEY."""

    amount: int
    in_seconds: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.amount <= LIFE_MAX:
            raise ValueError(f"the life of a session key is {self.amount}, must be 1…{LIFE_MAX}")


@dataclass(frozen=True)
class ProvisioningParameters:
    """What gateway, server and tag of S2 must agree on beforehand.

    ``hash_octets`` of H(A_pubk) name the tag on the air; ``data_tag_octets`` protect REQ and RES; ``end_to_end`` puts
    their contents under a key that the gateway never gets (W2.8); ``first_life`` holds for the key that is in force
    from the provisioning to the first REKEY. Raises ``ValueError`` for a value outside the page's lists.
    """

    prof: Prof = Prof.HARDENED
    hash_octets: int = 8
    data_tag_octets: int = 4
    end_to_end: bool = False
    data_octets_max: int = 32
    first_life: Life = Life(SEQ_MAX)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prof", Prof(self.prof))
        _require("hash_octets", self.hash_octets, (8, 16, 32))
        _require("data_tag_octets", self.data_tag_octets, (4, 8))
        if not 0 <= self.data_octets_max <= 255:
            raise ValueError(f"data_octets_max is {self.data_octets_max}, must be 0…255")

    @property
    def hardened(self) -> bool:
        """True unless the seed's gaps are kept on purpose."""
        return self.prof is not Prof.LITERAL

    @property
    def hides_identity(self) -> bool:
        """True for S2-B, whose tag sends its serial number under HPKE."""
        return self.prof is Prof.IDENTITY_HIDING

    @property
    def messages(self) -> MessageNumbers:
        """The message numbers of this variant."""
        return TWO_DOWNLINK if self.hides_identity else ONE_DOWNLINK

    @property
    def serial_octets(self) -> int:
        """Octets of the serial number: 12 where it has to fit beside HPKE's overhead in one frame (rule 15)."""
        return 12 if self.hides_identity else 16

    @property
    def device_nonce_octets(self) -> int:
        """Octets that the tag contributes to its keys."""
        return {Prof.LITERAL: 0, Prof.HARDENED: 8, Prof.IDENTITY_HIDING: 32}[self.prof]

    @property
    def confirm_octets(self) -> int:
        """Octets of the PROV-CONFIRM payload."""
        if self.hides_identity:
            return ADDRESS_OCTETS + MIC_OCTETS
        return ADDRESS_OCTETS + self.device_nonce_octets + 1 + MIC_OCTETS

    @property
    def inner_octets(self) -> tuple[int, int]:
        """Octets that end-to-end protection adds down and up."""
        return (4 + self.data_tag_octets, self.data_tag_octets) if self.end_to_end else (0, 0)

    def report(self) -> dict[str, str | int | bool | float]:
        """Return every setting under the name that a result prints it with."""
        return {
            "system": "S2",
            "variant": {1: "S2-L literal", 2: "S2-A hardened", 3: "S2-B identity-hiding"}[self.prof],
            "prof": int(self.prof),
            "hash_octets": self.hash_octets,
            "local_address_bits": ADDRESS_BITS,
            "secret_identity_bits": 8 * self.serial_octets,
            "device_nonce_octets": self.device_nonce_octets,
            "data_tag_octets": self.data_tag_octets,
            "end_to_end": self.end_to_end,
            "first_life": self.first_life.amount,
            "first_life_in_seconds": self.first_life.in_seconds,
            "data_octets_max": self.data_octets_max,
            "sequence": "reconstruction, slide 7 is missing",
            "placeholder": "layouts, lengths, MACs, data protection, lifetimes",
        }


def _require(name: str, value: int, allowed: tuple[int, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value}, must be one of {', '.join(map(str, allowed))}")


def usable_address(field: int) -> bool:
    """Return whether a LOCAL_ADDR field names a local address: b12-b14 clear, low six bits not 63 (rule 3)."""
    address = field & ~SEEDED
    return address < 1 << ADDRESS_BITS and address & RESERVED_LOW_BITS != RESERVED_LOW_BITS
