"""The AMP Excitation frame of an Energizer: ID zero, truncated FCS computed normally (rule 5)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.header import short_frame, short_frame_id
from ampradio.mac.refusal import Reason, Refusal
from ampradio.profile.model import Mac

EXCITATION_ID = 0


@dataclass(frozen=True)
class Excitation:
    """An Excitation frame; it carries nothing."""

    station_id: int = EXCITATION_ID

    def encode(self, mac: Mac) -> bytes:
        """Return the four-octet PSDU; raises ``ValueError`` unless the ID is 0."""
        if self.station_id != EXCITATION_ID:
            raise ValueError(f"an Excitation frame has ID {EXCITATION_ID}, not {self.station_id}")
        return short_frame(mac, mac.type_excitation, EXCITATION_ID)


def parse_excitation(mac: Mac, psdu: bytes) -> Excitation | Refusal:
    """Return the Excitation of a PSDU, or why it is refused."""
    station_id = short_frame_id(mac, psdu)
    if isinstance(station_id, Refusal):
        return station_id
    if station_id != EXCITATION_ID:
        return Refusal(Reason.RESERVED_VALUE, f"ID {station_id}", mac.type_excitation, station_id)
    return Excitation()
