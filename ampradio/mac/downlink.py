"""A frame of the AP as the PPDU that carries it: Type 1 to active tags, Type 2 or 3 to mono-static ones."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.frame import Frame, encode_frame, station_of
from ampradio.mac.header import partial_id
from ampradio.mac.payload import Authentication, Data
from ampradio.mac.trigger import Trigger
from ampradio.profile.airtime import bst_excitation_ns, downlink_mono_ns, downlink_type1_ns
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


def mono_static_ppdu(profile: Profile, frame: Frame, *, first: bool, reply_ns: int, session_id: int) -> DownlinkPpdu:
    """Return the Type 2 (``first`` of a TXOP) or Type 3 PPDU of ``frame``, with the excitation for a delayed reply.

    ``reply_ns`` is how long the reply lasts (T4), 0 when none is expected. Raises ``ValueError`` for a value or size
    out of range.
    """
    psdu = encode_frame(profile.mac, frame)
    excitation_ns = bst_excitation_ns(profile, reply_ns, delayed=reply_ns > 0)
    vector = TxVector(
        PpduKind.DL_TYPE2 if first else PpduKind.DL_TYPE3,
        profile.downlink.rate_low_bps,
        protected=isinstance(frame, (Authentication, Data)) and frame.protected,
        session_id=session_id,
        sta_id=station_of(profile.mac, frame) & ((1 << profile.preamble.sta_id_lsb_bits) - 1),
        excitation_ns=excitation_ns,
    )
    return DownlinkPpdu(frame, psdu, vector, downlink_mono_ns(profile, len(psdu), excitation_ns, first=first))
