"""What the tag reads and writes behind the shim (protocols page 3.4), and its AAD and nonces (rules 2 and 11).

``parse`` raises ``RefusedError`` for what does not have the layout.
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.profile.model import Mac
from ampradio.security.journal import RefusedError
from ampradio.security.provisioning.profiles import (
    ADDRESS_OCTETS,
    EPOCH_OCTETS,
    GW_NONCE_OCTETS,
    GWID_OCTETS,
    MIC_OCTETS,
    PROOF_OCTETS,
    PROTO,
    SEEDED,
    TK_NONCE_OCTETS,
    ProvisioningParameters,
    usable_address,
)
from ampradio.security.provisioning.refusal import Reason

_X_BIT = 1 << 23


def additional_data(mac: Mac, prof: int, station_id: int, msg: int) -> bytes:
    """Return FC ‖ ID as sent ‖ PROTO/MSG ‖ PROF (rule 2)."""
    control = mac.type_authentication | 1 << mac.protected_bit
    return bytes([control, station_id & 0xFF, station_id >> 8, PROTO << 5 | msg, prof])


def data_nonce(uplink: bool, address: bytes, x: int, cntr: int, seq: int) -> bytes:
    """Return the CCM nonce of REQ, RES and REKEY: dir ‖ ADDR ‖ x ‖ CNTR ‖ SEQ ‖ 0… (rule 11)."""
    return (bytes([uplink]) + address + bytes([x]) + cntr.to_bytes(4, "big") + seq.to_bytes(2, "big")).ljust(13, b"\0")


def inner_nonce(uplink: bool, address: bytes, counter: int) -> bytes:
    """Return the CCM nonce under the end-to-end key: dir ‖ ADDR ‖ 0 ‖ the server's counter ‖ 0…."""
    return (bytes([uplink]) + address + b"\0" + counter.to_bytes(4, "big")).ljust(13, b"\0")


@dataclass(frozen=True)
class Provision:
    """PROV: what the server gives and proves. ``short_hash`` and ``gwid`` are empty in S2-B."""

    short_hash: bytes
    gwid: bytes
    nonce: bytes
    address: bytes
    proof: bytes

    @classmethod
    def parse(cls, payload: bytes, parameters: ProvisioningParameters) -> Provision:
        """Read a payload; also refuses an address that cannot be one."""
        if parameters.hides_identity:
            address, nonce, proof = _cut(payload, ADDRESS_OCTETS, TK_NONCE_OCTETS, PROOF_OCTETS)
            found = cls(b"", b"", nonce, address, proof)
        else:
            sizes = parameters.hash_octets, GWID_OCTETS, TK_NONCE_OCTETS, ADDRESS_OCTETS, PROOF_OCTETS
            found = cls(*_cut(payload, *sizes))
        if not usable_address(found.address_field):
            raise RefusedError(Reason.BAD_ADDRESS)
        return found

    @property
    def address_field(self) -> int:
        """LOCAL_ADDR as sent, b15 included."""
        return int.from_bytes(self.address, "big")

    @property
    def seeded(self) -> bool:
        """True when the last session key is to seed the PRK (rule 14)."""
        return bool(self.address_field & SEEDED)

    @property
    def epoch(self) -> int:
        """The server's counter in front of TK_NONCE (hardened)."""
        return int.from_bytes(self.nonce[:EPOCH_OCTETS], "big")


@dataclass(frozen=True)
class Hello:
    """PROV-B1: whom the gateway looks for."""

    short_hash: bytes
    gwid: bytes
    gw_nonce: bytes

    @classmethod
    def parse(cls, payload: bytes, parameters: ProvisioningParameters) -> Hello:
        """Read a payload."""
        return cls(*_cut(payload, parameters.hash_octets, GWID_OCTETS, GW_NONCE_OCTETS))


@dataclass(frozen=True)
class Secured:
    """REQ_SENSOR_DATA or REKEY: which key, SEQ, and what is sealed under it."""

    x: int
    cntr: int
    seq: int
    sealed: bytes

    @classmethod
    def parse(cls, payload: bytes) -> Secured:
        """Read a payload."""
        if len(payload) < 4:
            raise RefusedError(Reason.MALFORMED)
        which = int.from_bytes(payload[:3], "big")
        return cls(2 if which & _X_BIT else 1, which & ~_X_BIT, payload[3], payload[4:])


@dataclass(frozen=True)
class Reprovision:
    """REPROVISION: the epoch up to which everything is over."""

    epoch: int
    tag: bytes

    @classmethod
    def parse(cls, payload: bytes) -> Reprovision:
        """Read a payload."""
        epoch, tag = _cut(payload, EPOCH_OCTETS, MIC_OCTETS)
        return cls(int.from_bytes(epoch, "big"), tag)


def _cut(payload: bytes, *sizes: int) -> tuple[bytes, ...]:
    if len(payload) != sum(sizes):
        raise RefusedError(Reason.MALFORMED)
    pieces, start = [], 0
    for size in sizes:
        pieces.append(payload[start : start + size])
        start += size
    return tuple(pieces)
