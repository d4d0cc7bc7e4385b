"""Who is who: what a tag holds from its enrolment, and what an AP is given for each of its tags (rule 4)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.amp.keys import require_address
from ampradio.security.secret import Secret
from ampradio.vectors import PpduKind

_ID_MAX = 0xFFFE
_PARTIAL_ID_BROADCAST = 63


def _require_station(station_id: int, uplink: PpduKind) -> None:
    if not 0 <= station_id <= _ID_MAX:
        raise ValueError(f"station_id is {station_id}, must be 0…{_ID_MAX}")
    if uplink is PpduKind.UL_ACTIVE and station_id & _PARTIAL_ID_BROADCAST == _PARTIAL_ID_BROADCAST:
        raise ValueError(f"station_id 0x{station_id:04x} has 63 in its low six bits, which AMP-SIG means as broadcast")
    if uplink.is_downlink:
        raise ValueError(f"{uplink.name} is not an uplink")


@dataclass(frozen=True)
class TagIdentity:
    """A tag's own names and the AP (or ESS) address that was stored with its PSK.

    Raises ``ValueError`` for an ID or address out of range.
    """

    station_id: int
    spa: bytes
    aa: bytes
    uplink: PpduKind = PpduKind.UL_ACTIVE

    def __post_init__(self) -> None:
        _require_station(self.station_id, self.uplink)
        require_address(self.spa, "SPA")
        require_address(self.aa, "AA")


@dataclass(frozen=True)
class TagCredential:
    """What the AP was given for one tag: its names and PMK1, neither PSK nor PMKv.

    Several credentials may share a ``station_id``; each is tried in turn. Raises ``ValueError`` as above.
    """

    station_id: int
    spa: bytes
    pmk1: Secret
    uplink: PpduKind = PpduKind.UL_ACTIVE

    def __post_init__(self) -> None:
        _require_station(self.station_id, self.uplink)
        require_address(self.spa, "SPA")
