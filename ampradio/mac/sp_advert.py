"""The SP Advert frame: partial TSF, service period parameters and uplink access, each optional (rule 9)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.header import Header, seal
from ampradio.mac.refusal import Reason, Refusal
from ampradio.mac.subfields import Subfield, pack, unpack
from ampradio.mac.trigger import PARAMETER_OCTETS, TriggerParameters, parse_parameters
from ampradio.profile.model import Mac

TSF_BITS = (11, 22)
_TSF_WIDTH = TSF_BITS[1] - TSF_BITS[0] + 1


def partial_tsf(tsf_us: int) -> int:
    """Return TSF[11:22], bits 11 to 22 inclusive of a TSF time in microseconds."""
    return tsf_us >> TSF_BITS[0] & (1 << _TSF_WIDTH) - 1


@dataclass(frozen=True)
class ServicePeriod:
    """SP ID; start (from the end of the advert) and interval in 2.048 ms units; minimum wake in 1.024 ms units."""

    sp_id: int
    start_units: int
    interval_units: int
    wake_units: int

    def subfields(self) -> tuple[Subfield, ...]:
        """Return the subfields in the order they are sent."""
        return (
            Subfield("sp_id", self.sp_id, 8),
            Subfield("start_units", self.start_units, 16),
            Subfield("interval_units", self.interval_units, 16),
            Subfield("wake_units", self.wake_units, 8),
        )


_SP_OCTETS = 6


@dataclass(frozen=True)
class SpAdvert:
    """An SP Advert; a part that is None is absent."""

    tsf: int | None = None
    service_period: ServicePeriod | None = None
    access: TriggerParameters | None = None

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` for a value that does not fit (``tsf`` has 12 bits)."""
        parts = (self.tsf, self.service_period, self.access)
        body = bytes([sum((part is not None) << bit for bit, part in enumerate(parts))])
        if self.tsf is not None:
            body += pack(Subfield("tsf", self.tsf, _TSF_WIDTH))
        if self.service_period is not None:
            body += pack(*self.service_period.subfields())
        if self.access is not None:
            body += self.access.encode()
        return seal(mac, Header(mac.type_sp_advert, mac.broadcast_id), body)


def parse_sp_advert(mac: Mac, header: Header, body: bytes) -> SpAdvert | Refusal:
    """Return the SP Advert of a header and body that passed the FCS, or why it is refused."""
    if header.station_id != mac.broadcast_id:
        return Refusal(Reason.RESERVED_VALUE, f"ID {header.station_id}, not broadcast")
    has_tsf, has_sp, has_access = unpack(body[:1], 1, 1, 1)
    if len(body) != 1 + 2 * has_tsf + _SP_OCTETS * has_sp + PARAMETER_OCTETS * has_access:
        return Refusal(Reason.BAD_BODY, f"{len(body)} octets")
    rest = body[1:]
    tsf = service_period = access = None
    if has_tsf:
        tsf = unpack(rest, _TSF_WIDTH)[0]
        rest = rest[2:]
    if has_sp:
        service_period = ServicePeriod(*unpack(rest, 8, 16, 16, 8))
        rest = rest[_SP_OCTETS:]
    if has_access:
        parsed = parse_parameters(rest)
        if isinstance(parsed, Refusal):
            return parsed
        access = parsed
    return SpAdvert(tsf, service_period, access)
