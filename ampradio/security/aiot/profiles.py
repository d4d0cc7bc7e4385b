"""The numbered variants of S3 and the parameters that both ends agree on (protocols page 4.4, rules 3, 16 to 19).

TR 33.713 gives no length, algorithm, FC value or layout: every default here is this project's placeholder, reported at
the start of every run. Values only; how they are used stands in ``network`` and ``device``, once each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

PROTO = 3
NONCE_OCTETS = 16
KEY_OCTETS = 16
DEVICE_ID_OCTETS = 12
T_ID_OCTETS = 16
PAYLOAD_OCTETS_MAX = 256  # of a command or a response: with head and MAC well within eight fragments
MIC_LENGTHS = (0, 4, 8, 16)  # of the policy's length code (rule 16)


class Prof(IntEnum):
    """The PROF nibble of the shim (rule 3)."""

    LITERAL = 1
    FLOOR = 2
    HARDENED = 3


class Msg(IntEnum):
    """MSG of the shim: the step of the procedure."""

    PAGING = 2
    AUTH_RSP = 3
    COMMAND = 5
    CMD_RSP = 6


class IdMode(IntEnum):
    """How the device ID is protected (R3.2)."""

    ENCRYPTED = 0
    TEMPORARY = 1
    ENCRYPTED_UNPROTECTED = 2
    STORED = 3  # ours, after the T-ID of TS 29.369: S3-H only


class ResponsePolicy(str, Enum):
    """Which policy protects the response: that of the request, or the one stored in the device (R3.36)."""

    REQUEST = "request"
    STORED = "stored"


PAYLOAD_CONFIDENTIALITY = 0x01
PAYLOAD_INTEGRITY = 0x02
MESSAGE_INTEGRITY = 0x04
MESSAGE_CONFIDENTIALITY = 0x08
USE_STORED = 0x40
RESERVED = 0x80
MIC_CODE_SHIFT = 4
MIC_CODE_MASK = 0x30
DEFAULT_POLICY = 0x25  # b0, b2, length code 2 (rule 16)


@dataclass(frozen=True)
class AiotParameters:
    """What both ends of S3 must agree on.

    ``policy_floor`` is what S3-F and S3-H accept at the least; ``response_data_max`` the response octets that the AIoTF
    sizes a slot for. Raises ``ValueError`` for values that do not go together.
    """

    prof: Prof = Prof.HARDENED
    id_mode: IdMode = IdMode.TEMPORARY
    policy_floor: int = DEFAULT_POLICY
    response_policy: ResponsePolicy = ResponsePolicy.REQUEST
    response_data_max: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "prof", Prof(self.prof))
        object.__setattr__(self, "id_mode", IdMode(self.id_mode))
        object.__setattr__(self, "response_policy", ResponsePolicy(self.response_policy))
        require_stored_policy("policy_floor", self.policy_floor)
        if self.has_floor and not self.policy_floor & MESSAGE_INTEGRITY:
            raise ValueError(
                "a policy floor without whole-message integrity (b2) leaves the policy octet to the attacker"
            )
        if self.hardened and self.id_mode is IdMode.ENCRYPTED_UNPROTECTED:
            raise ValueError("ID mode 2 has no MAC; S3-H takes mode 0, 1 or 3")
        if self.id_mode is IdMode.STORED and not self.hardened:
            raise ValueError("ID mode 3, a stored T-ID, needs the session key of S3-H to change it under")
        if not 0 <= self.response_data_max <= PAYLOAD_OCTETS_MAX:
            raise ValueError(f"response_data_max is {self.response_data_max}, must be 0…{PAYLOAD_OCTETS_MAX}")

    @property
    def hardened(self) -> bool:
        """True for the shape of TS 33.369: commands under K_AIOTF, with a counter."""
        return self.prof is Prof.HARDENED

    @property
    def has_floor(self) -> bool:
        """True where a received policy may not go below the floor."""
        return self.prof is not Prof.LITERAL

    @property
    def protected_id_octets(self) -> int:
        """Octets of a Protected Device ID in AUTH-RSP and COMMAND."""
        sizes = {IdMode.ENCRYPTED: DEVICE_ID_OCTETS + 8, IdMode.ENCRYPTED_UNPROTECTED: DEVICE_ID_OCTETS}
        return sizes.get(self.id_mode, 8)

    @property
    def paging_id_octets(self) -> int:
        """Octets of what names the device in PAGING: a Protected Device ID, or the stored T-ID."""
        return T_ID_OCTETS if self.id_mode is IdMode.STORED else self.protected_id_octets

    @property
    def counter_octets(self) -> int:
        """Octets of the counter in COMMAND and CMD-RSP (rule 18)."""
        return 1 if self.hardened else 0

    @property
    def auth_response_octets(self) -> int:
        """Octets of the AUTH-RSP payload: nonce, Protected Device ID, capability."""
        return NONCE_OCTETS + self.protected_id_octets + 1

    @property
    def command_head_octets(self) -> int:
        """Octets of COMMAND before its payload."""
        return 1 + self.counter_octets + NONCE_OCTETS + self.protected_id_octets

    @property
    def response_head_octets(self) -> int:
        """Octets of CMD-RSP before its payload."""
        return 1 + self.counter_octets + NONCE_OCTETS

    def report(self) -> dict[str, str | int | bool | float]:
        """Return every setting under the name that a result prints it with."""
        return {
            "system": "S3",
            "variant": {Prof.LITERAL: "S3-L", Prof.FLOOR: "S3-F", Prof.HARDENED: "S3-H"}[self.prof],
            "prof": int(self.prof),
            "id_mode": int(self.id_mode),
            "policy_floor": f"0x{self.policy_floor:02x}" if self.has_floor else "none",
            "response_policy": self.response_policy.value,
            "response_data_max": self.response_data_max,
            "session_key": "K_AIOTF, both nonces and a counter" if self.hardened else "K_D and the network nonce",
            "independent_processes": not self.hardened,
            "capability_protected": self.hardened and self.id_mode is not IdMode.ENCRYPTED,
            "kdf": "TS 33.220 Annex B, FC 0xF0 (private)",
            "cipher": "AES-128 CTR, CMAC, CCM",
            "exhaustion": "not prevented (EN 3), measured",
            "physical_attack": "out of scope (EN 2)",
            "placeholder": "lengths, FC value, algorithms, message layouts, policy octet",
        }


def require_policy(name: str, policy: int) -> int:
    """Return a policy octet that may be sent; raises ``ValueError`` for one that is malformed (rule 16)."""
    if not 0 <= policy < RESERVED:
        raise ValueError(f"{name} is {policy}, must be 0x00…0x7f")
    wants_mic = policy & (PAYLOAD_INTEGRITY | MESSAGE_INTEGRITY) and not policy & USE_STORED
    if wants_mic and not policy & MIC_CODE_MASK:
        raise ValueError(f"{name} 0x{policy:02x} asks for integrity with a MAC of length 0")
    return policy


def require_stored_policy(name: str, policy: int) -> int:
    """Return a policy octet that says itself what it means; raises ``ValueError`` for a malformed one or b6."""
    if policy & USE_STORED:
        raise ValueError(f"{name} 0x{policy:02x} refers to the stored policy (b6)")
    return require_policy(name, policy)
