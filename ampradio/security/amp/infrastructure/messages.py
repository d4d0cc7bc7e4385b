"""The payloads of S1's six messages as the AP writes and reads them, behind the shim (page 2.4, rules 7 to 9).

``parse`` raises ``RefusedError`` for what does not have the layout; ``unsigned`` is the payload without its MIC.
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.amp.profiles import AmpParameters
from ampradio.security.amp.refusal import Reason
from ampradio.security.journal import RefusedError

_ENCRYPTED, _MORE, _WRAP = 0x01, 0x02, 0x04


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
    _require(not octet & ~allowed)
    return Flags(bool(octet & _ENCRYPTED), bool(octet & _MORE))


def _require(condition: bool) -> None:
    if not condition:
        raise RefusedError(Reason.MALFORMED.value)


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


@dataclass(frozen=True)
class SecResponse:
    """Message 2, UL: flags, SNonce, UL data (encrypted if the flag says so), MIC."""

    flags: Flags
    snonce: bytes
    data: bytes
    unsigned: bytes
    mic: bytes

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> SecResponse:
        """Read a payload."""
        data_end = len(payload) - parameters.mic_octets
        data_start = 1 + parameters.nonce_octets
        _require(data_start <= data_end)
        flags = _flags(payload[0], _ENCRYPTED | _MORE)
        return cls(
            flags, payload[1:data_start], payload[data_start:data_end], payload[:data_end], payload[data_end:]
        )


@dataclass(frozen=True)
class SecConfirm:
    """Message 3, DL: flags, PN, data."""

    flags: Flags
    pn: int
    data: bytes

    @property
    def unsigned(self) -> bytes:
        """The payload without its MIC."""
        return self.flags.encode() + bytes([self.pn]) + self.data


@dataclass(frozen=True)
class SecAck:
    """Message 4, UL: flags, PN, data, MIC."""

    flags: Flags
    pn: int
    data: bytes
    unsigned: bytes
    mic: bytes

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> SecAck:
        """Read a payload."""
        end = len(payload) - parameters.mic_octets
        _require(end >= 2)
        return cls(_flags(payload[0], _ENCRYPTED | _MORE), payload[1], payload[2:end], payload[:end], payload[end:])


@dataclass(frozen=True)
class PmkUpdate:
    """U1, DL: flags, PN, version, then UNonce (hardened: and the server's tag) or the wrapped key."""

    flags: Flags
    pn: int
    version: int
    content: bytes

    @property
    def unsigned(self) -> bytes:
        """The payload without its MIC."""
        return self.flags.encode() + bytes([self.pn]) + self.version.to_bytes(2, "big") + self.content


@dataclass(frozen=True)
class PmkUpdated:
    """U2, UL: flags, PN, version, status, MIC."""

    flags: Flags
    pn: int
    version: int
    status: int
    unsigned: bytes
    mic: bytes

    @classmethod
    def parse(cls, payload: bytes, parameters: AmpParameters) -> PmkUpdated:
        """Read a payload."""
        _require(len(payload) == parameters.updated_octets)
        version = int.from_bytes(payload[2:4], "big")
        return cls(_flags(payload[0], _ENCRYPTED), payload[1], version, payload[4], payload[:5], payload[5:])
