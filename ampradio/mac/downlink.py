"""A frame of the AP as the Type 1 PPDU that carries it."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.frame import Frame, encode_frame
from ampradio.mac.header import partial_id
from ampradio.mac.payload import Authentication, Data
from ampradio.mac.trigger import Trigger
from ampradio.profile.airtime import downlink_type1_ns
from ampradio.profile.model import Profile
from ampradio.vectors import PpduKind, TxVector


@dataclass(frozen=True)
class DownlinkPpdu:
    """A frame, its PSDU and TXVECTOR, and how long it is on the air, signal extension included."""

    frame: Frame
    psdu: bytes
    vector: TxVector
    duration_ns: int


def downlink_ppdu(profile: Profile, rate_bps: int, frame: Frame) -> DownlinkPpdu:
    """Return the PPDU of ``frame`` at ``rate_bps``.

    AMP-SIG addresses the station of a Trigger, Data or Authentication frame; every other frame is for all tags, an
    Ack because all of them count Acks (placeholder). Raises ``ValueError`` for a value, rate or size out of range.
    """
    psdu = encode_frame(profile.mac, frame)
    secured = isinstance(frame, (Authentication, Data)) and frame.protected
    partial = profile.downlink.broadcast_partial_id
    if isinstance(frame, (Authentication, Data, Trigger)):
        partial = partial_id(profile, frame.station_id)
    vector = TxVector(PpduKind.DL_TYPE1, rate_bps, partial, secured)
    return DownlinkPpdu(frame, psdu, vector, downlink_type1_ns(profile, len(psdu), rate_bps, secured))
