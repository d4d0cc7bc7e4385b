"""What a tag holds from its enrolment beside its keys: its own names, and the AP's address (rule 4)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.amp.profiles import require_address, require_station
from ampradio.vectors import PpduKind


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
        require_station(self.station_id, self.uplink)
        require_address(self.spa, "SPA")
        require_address(self.aa, "AA")
