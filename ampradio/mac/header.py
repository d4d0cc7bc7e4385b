"""The MAC header with its FCS: Frame Control, ID and Type Dependent Control (air-interface page, section 5).

Rules 1–3, 5, 6 and 11: Type b0–b3 and Protected of Frame Control; Length (body octets − 1), UL rate code and
eight bits by type of the Type Dependent Control; the plain FCS after the body. Ack and Excitation have neither
Type Dependent Control nor body and a truncated FCS (``short_frame``).
"""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.subfields import Subfield, pack, unpack
from ampradio.profile.model import Mac, Profile
from ampradio.psdu import crc8, fcs, frame_octets

TYPE_BITS, ID_BITS, LENGTH_BITS, RATE_BITS, BY_TYPE_BITS = 4, 16, 6, 2, 8


@dataclass(frozen=True)
class Header:
    """Header of a frame that has a body; ``by_type`` is b8–b15 of Type Dependent Control."""

    frame_type: int
    station_id: int
    protected: bool = False
    ul_rate_code: int = 0
    by_type: int = 0


def seal(mac: Mac, header: Header, body: bytes) -> bytes:
    """Return the PSDU of ``header`` and ``body`` (1…64 octets) with its FCS.

    Raises ``ValueError`` for a body that does not fit or a field out of range.
    """
    if not 1 <= len(body) <= mac.body_octets_max:
        raise ValueError(f"a frame body has 1…{mac.body_octets_max} octets, not {len(body)}")
    frame_control = _frame_control(mac, header.frame_type, header.protected)
    fields = pack(
        Subfield("station_id", header.station_id, ID_BITS),
        Subfield("length", len(body) - 1, LENGTH_BITS),
        Subfield("ul_rate_code", header.ul_rate_code, RATE_BITS),
        Subfield("by_type", header.by_type, BY_TYPE_BITS),
    )
    plain = frame_control + fields + body
    return plain + fcs(plain)


def unseal(mac: Mac, psdu: bytes) -> tuple[Header, bytes] | Refusal:
    """Return header and body of a PSDU that has a body, or why it is refused."""
    frame_type, protected = frame_control_of(mac, psdu)
    expected = frame_octets(mac, psdu)
    station_id = int.from_bytes(psdu[1:3], "little")
    if expected is None or len(psdu) < mac.header_octets + 1 + mac.fcs_octets:
        return Refusal(Reason.TOO_SHORT, f"{len(psdu)} octets", frame_type)
    if len(psdu) != expected:
        return Refusal(Reason.LENGTH_MISMATCH, f"{len(psdu)} octets, Length says {expected}", frame_type, station_id)
    if fcs(psdu[: -mac.fcs_octets]) != psdu[-mac.fcs_octets :]:
        return Refusal(Reason.BAD_FCS, "", frame_type, station_id)
    if protected and psdu[0] >> mac.protected_bit + 1:
        # ignored elsewhere (rule 5), but every AAD begins with Frame Control as sent (protocols page, rule 2)
        return Refusal(Reason.RESERVED_VALUE, f"Frame Control 0x{psdu[0]:02X}", frame_type, station_id)
    _, ul_rate_code, by_type = unpack(psdu[3:5], LENGTH_BITS, RATE_BITS, BY_TYPE_BITS)
    header = Header(frame_type, station_id, protected, ul_rate_code, by_type)
    return header, psdu[mac.header_octets : -mac.fcs_octets]


def short_frame(mac: Mac, frame_type: int, station_id: int) -> bytes:
    """Return a four-octet frame (Ack, Excitation): Frame Control, ID, truncated FCS."""
    plain = _frame_control(mac, frame_type, False) + pack(Subfield("station_id", station_id, ID_BITS))
    return plain + bytes([crc8(plain)])


def short_frame_id(mac: Mac, psdu: bytes) -> int | Refusal:
    """Return the ID of a four-octet frame, or why it is refused."""
    frame_type, _ = frame_control_of(mac, psdu)
    if len(psdu) < mac.short_frame_octets:
        return Refusal(Reason.TOO_SHORT, f"{len(psdu)} octets", frame_type)
    station_id = int.from_bytes(psdu[1:3], "little")
    if len(psdu) != mac.short_frame_octets:
        return Refusal(Reason.LENGTH_MISMATCH, f"{len(psdu)} octets", frame_type, station_id)
    if crc8(psdu[:-1]) != psdu[-1]:
        return Refusal(Reason.BAD_FCS, "", frame_type, station_id)
    return station_id


def frame_control_of(mac: Mac, psdu: bytes) -> tuple[int, bool]:
    """Return Type and Protected of a PSDU of at least one octet; the reserved bits are ignored (rule 5)."""
    return psdu[0] & ((1 << TYPE_BITS) - 1), bool(psdu[0] >> mac.protected_bit & 1)


def ul_rate_code(profile: Profile, rate_bps: int) -> int:
    """Return the UL rate code of Type Dependent Control for ``rate_bps``; raises ``ValueError`` for another rate."""
    rates = profile.mac.ul_rate_codes_bps
    if rate_bps not in rates:
        raise ValueError(f"uplink rate is {rate_bps} b/s, must be one of {rates}")
    return rates.index(rate_bps)


def ul_rate_bps(profile: Profile, code: int) -> int | None:
    """Return the uplink rate of a received rate code, None for the reserved one."""
    rates = profile.mac.ul_rate_codes_bps
    return rates[code] if code < len(rates) else None


def partial_id(profile: Profile, station_id: int) -> int:
    """Return the AMP-SIG partial ID of an addressed station: its 6 LSB, 63 for broadcast (rule 15)."""
    return station_id & profile.downlink.broadcast_partial_id


def _frame_control(mac: Mac, frame_type: int, protected: bool) -> bytes:
    if not 0 <= frame_type < 1 << TYPE_BITS:
        raise ValueError(f"frame type is {frame_type}, must be 0…{(1 << TYPE_BITS) - 1}")
    return bytes([frame_type | int(protected) << mac.protected_bit])
