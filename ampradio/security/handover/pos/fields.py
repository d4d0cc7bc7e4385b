"""Service-specific fields: bare and in a fixed order in the lite encoding, TLVs of the same order in the full one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ampradio.security.handover.pos.mis import decode_tlvs, encode_tlv
from ampradio.security.handover.profiles import Encoding, Tlv
from ampradio.security.handover.refusal import Reason
from ampradio.security.journal import RefusedError

Fields = Sequence[tuple[Tlv, bytes]]


@dataclass(frozen=True)
class Slot:
    """One field of a layout: ``octets`` None takes all that is left, ``optional`` may be absent in a full frame."""

    tlv: Tlv
    octets: int | None
    optional: bool = False


def pack(encoding: Encoding, fields: Fields) -> bytes:
    """Return the octets of the fields."""
    if encoding is Encoding.LITE:
        return b"".join(value for _, value in fields)
    return b"".join(encode_tlv(kind, value) for kind, value in fields)


def unpack(encoding: Encoding, octets: bytes, layout: Sequence[Slot]) -> list[bytes | None]:
    """Return one value per slot, None for an optional one that is absent.

    Raises ``RefusedError`` for anything but the layout. A lite layout has no optional slots: flags say what is there.
    """
    values = _bare(octets, layout) if encoding is Encoding.LITE else _tagged(octets, layout)
    for slot, value in zip(layout, values, strict=True):
        if value is not None and slot.octets is not None and len(value) != slot.octets:
            raise RefusedError(Reason.MALFORMED.value)
    return values


def _bare(octets: bytes, layout: Sequence[Slot]) -> list[bytes | None]:
    values: list[bytes | None] = []
    at = 0
    for slot in layout:
        end = len(octets) if slot.octets is None else at + slot.octets
        values.append(octets[at:end])
        at = end
    if at != len(octets):
        raise RefusedError(Reason.MALFORMED.value)
    return values


def _tagged(octets: bytes, layout: Sequence[Slot]) -> list[bytes | None]:
    tlvs = decode_tlvs(octets)
    values: list[bytes | None] = []
    for slot in layout:
        if tlvs and tlvs[0][0] == slot.tlv:
            values.append(tlvs.pop(0)[1])
        elif slot.optional:
            values.append(None)
        else:
            raise RefusedError(Reason.MALFORMED.value)
    if tlvs:
        raise RefusedError(Reason.MALFORMED.value)
    return values
