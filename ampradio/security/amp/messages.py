"""The payloads of S1's six messages, octet for octet, behind the shim (protocols page 2.4, rules 7 to 9).

``parse`` raises ``RefusedError`` for what does not have the layout; ``unsigned`` is the payload without its MIC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ampradio.security.amp.profiles import AmpParameters
from ampradio.security.amp.refusal import Reason, RefusedError

TRIGGER_OCTETS = 6
PN_MAX = 255
WRAPPED_OCTETS = 40
UNONCE_OCTETS = 16
SERVER_TAG_OCTETS = 8
_ENCRYPTED, _MORE, _WRAP = 0x01, 0x02, 0x04


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


@dataclass(frozen=True)
class Flags:
    """The flags octet: b0 encrypted, b1 more data, b2 wrap (rule 7); reserved bits are refused."""

    encrypted: bool
    more: bool = False
    wrap: bool = False

    def encode(self) -> bytes:
        """Return the octet."""
        return bytes([self.encrypted * _ENCRYPTED | self.more * _MORE | self.wrap * _WRAP])


def _flags(octet: int, allowed: int) -> Flags:
    if octet & ~allowed:
        raise RefusedError(Reason.MALFORMED)
    return Flags(bool(octet & _ENCRYPTED), bool(octet & _MORE), bool(octet & _WRAP))


def _require(condition: bool) -> None:
    if not condition:
        raise RefusedError(Reason.MALFORMED)


@dataclass(frozen=True)
class SecTrigger:
    """Message 1, DL: the Trigger's six octets, ANonce, Modifier, DL data in clear."""

    trigger: bytes
    anonce: bytes
    modifier: bytes
    data: bytes = b""

    def encode(self) -> bytes:
        """Return the payload."""
        return self.trigger + self.anonce + self.modifier + self.data

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> SecTrigger:
        """Read a payload."""
        nonce_end = TRIGGER_OCTETS + parameters.nonce_octets
        modifier_end = nonce_end + parameters.modifier_octets
        _require(len(payload) >= modifier_end)
        return cls(
            payload[:TRIGGER_OCTETS],
            payload[TRIGGER_OCTETS:nonce_end],
            payload[nonce_end:modifier_end],
            payload[modifier_end:],
        )


@dataclass(frozen=True)
class SecResponse:
    """Message 2, UL: flags, SNonce, UL data (encrypted if the flag says so), MIC."""

    flags: Flags
    snonce: bytes
    data: bytes
    mic: bytes = b""

    @property
    def unsigned(self) -> bytes:
        """The payload without its MIC."""
        return self.flags.encode() + self.snonce + self.data

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> SecResponse:
        """Read a payload."""
        data_end = len(payload) - parameters.mic_octets
        data_start = 1 + parameters.nonce_octets
        _require(data_start <= data_end)
        flags = _flags(payload[0], _ENCRYPTED | _MORE)
        return cls(flags, payload[1:data_start], payload[data_start:data_end], payload[data_end:])


@dataclass(frozen=True)
class SecuredData:
    """Messages 3 (SEC-CONFIRM, DL) and 4 (SEC-ACK, UL): flags, PN, data, MIC."""

    flags: Flags
    pn: int
    data: bytes
    mic: bytes = b""

    @property
    def unsigned(self) -> bytes:
        """The payload without its MIC."""
        return self.flags.encode() + bytes([self.pn]) + self.data

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> SecuredData:
        """Read a payload."""
        data_end = len(payload) - parameters.mic_octets
        _require(data_end >= 2)
        return cls(_flags(payload[0], _ENCRYPTED | _MORE), payload[1], payload[2:data_end], payload[data_end:])


@dataclass(frozen=True)
class PmkUpdate:
    """U1, DL: flags, PN, version, then UNonce (hardened: and the server's tag) or the wrapped key, MIC."""

    flags: Flags
    pn: int
    version: int
    content: bytes
    mic: bytes = b""

    @property
    def unsigned(self) -> bytes:
        """The payload without its MIC."""
        return self.flags.encode() + bytes([self.pn]) + self.version.to_bytes(2, "big") + self.content

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> PmkUpdate:
        """Read a payload."""
        content_end = len(payload) - parameters.mic_octets
        _require(content_end >= 4)
        flags = _flags(payload[0], _ENCRYPTED | _WRAP)
        _require(content_end - 4 == update_content_octets(parameters, flags.wrap))
        version = int.from_bytes(payload[2:4], "big")
        return cls(flags, payload[1], version, payload[4:content_end], payload[content_end:])


@dataclass(frozen=True)
class PmkUpdated:
    """U2, UL: flags, PN, version, status, MIC."""

    flags: Flags
    pn: int
    version: int
    status: int
    mic: bytes = b""

    @property
    def unsigned(self) -> bytes:
        """The payload without its MIC."""
        return self.flags.encode() + bytes([self.pn]) + self.version.to_bytes(2, "big") + bytes([self.status])

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> PmkUpdated:
        """Read a payload."""
        _require(len(payload) == parameters.updated_octets)
        version = int.from_bytes(payload[2:4], "big")
        return cls(_flags(payload[0], _ENCRYPTED), payload[1], version, payload[4], payload[5:])


def update_content_octets(parameters: AmpParameters, wrap: bool) -> int:
    """Return the octets of U1 between version and MIC (rule 9)."""
    if wrap:
        return WRAPPED_OCTETS
    return UNONCE_OCTETS + (SERVER_TAG_OCTETS if parameters.hardened else 0)
