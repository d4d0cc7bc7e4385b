"""Data and Authentication frames: shim and payload, secured by the system that the shim names (rules 3 and 10)."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.header import Header, seal
from ampradio.mac.refusal import Refusal
from ampradio.mac.shim import Shim, split_body
from ampradio.profile.model import Mac


@dataclass(frozen=True)
class Data:
    """A Data frame; ``station_id`` is the addressed tag on the downlink, the sender on the uplink."""

    station_id: int
    shim: Shim
    payload: bytes
    ul_rate_code: int = 0
    protected: bool = False

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` for a value or payload that does not fit."""
        header = Header(mac.type_data, self.station_id, self.protected, self.ul_rate_code)
        return seal(mac, header, self.shim.encode() + self.payload)


@dataclass(frozen=True)
class Authentication:
    """An Authentication frame: one fragment of a message of a security system; Protected by default."""

    station_id: int
    shim: Shim
    payload: bytes
    ul_rate_code: int = 0
    protected: bool = True

    def encode(self, mac: Mac) -> bytes:
        """Return the PSDU; raises ``ValueError`` for a value or payload that does not fit."""
        header = Header(mac.type_authentication, self.station_id, self.protected, self.ul_rate_code)
        return seal(mac, header, self.shim.encode() + self.payload)


def secured(frame: object) -> bool:
    """Return whether a frame has the Protected bit, which lengthens the padding of its PPDU (rule 17)."""
    return isinstance(frame, (Authentication, Data)) and frame.protected


def parse_payload(mac: Mac, header: Header, body: bytes) -> Data | Authentication | Refusal:
    """Return the Data or Authentication frame of a header and body that passed the FCS, or why it is refused."""
    split = split_body(mac, body)
    if isinstance(split, Refusal):
        return split
    kind = Data if header.frame_type == mac.type_data else Authentication
    return kind(header.station_id, *split, header.ul_rate_code, header.protected)
