"""What an AP is given for each of its tags (rule 4)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.amp.profiles import require_address, require_station
from ampradio.security.secret import Secret
from ampradio.vectors import PpduKind


@dataclass(frozen=True)
class TagCredential:
    """What the AP was given for one tag: its names and PMK1, neither PSK nor PMKv.

    Several credentials may share a ``station_id``; each is tried in turn. Raises ``ValueError`` for an ID or address
    out of range.
    """

    station_id: int
    spa: bytes
    pmk1: Secret
    uplink: PpduKind = PpduKind.UL_ACTIVE

    def __post_init__(self) -> None:
        require_station(self.station_id, self.uplink)
        require_address(self.spa, "SPA")
