"""The Ack frame: the ID of the station heard, else of the AP, with a truncated FCS (rules 2 and 6)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.header import short_frame, short_frame_id
from ampradio.mac.refusal import Refusal
from ampradio.profile.model import Mac


@dataclass(frozen=True)
class Ack:
    """An Ack; it has no slot index, so a tag counts Acks."""

    station_id: int

    def encode(self, mac: Mac) -> bytes:
        """Return the four-octet PSDU; raises ``ValueError`` for an ID that does not fit."""
        return short_frame(mac, mac.type_ack, self.station_id)


def parse_ack(mac: Mac, psdu: bytes) -> Ack | Refusal:
    """Return the Ack of a PSDU, or why it is refused."""
    station_id = short_frame_id(mac, psdu)
    return station_id if isinstance(station_id, Refusal) else Ack(station_id)
