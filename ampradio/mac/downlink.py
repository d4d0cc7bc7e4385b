"""A frame as the PPDU that carries it: Type 1 to active tags, Type 2 or 3 to mono-static, 4 and 5 to bistatic ones."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.mac.excitation import Excitation
from ampradio.mac.frame import Frame, encode_frame, station_of
from ampradio.mac.header import partial_id
from ampradio.mac.payload import Authentication, Data, secured
from ampradio.mac.trigger import Trigger
from ampradio.profile.airtime import (
    bst_excitation_ns,
    downlink_excited_ns,
    downlink_mono_ns,
    downlink_type1_ns,
)
from ampradio.profile.model import Profile
from ampradio.vectors import Listen, PpduKind, TxVector


@dataclass(frozen=True)
class DownlinkPpdu:
    """A frame, its PSDU and TXVECTOR, and how long it is on the air, signal extension included."""

    frame: Frame
    psdu: bytes
    vector: TxVector
    duration_ns: int


@dataclass(frozen=True)
class Sending:
    """A PPDU, when it starts, and the windows in which replies to it may come."""

    ppdu: DownlinkPpdu
    start_ns: int
    replies: tuple[Listen, ...] = ()


def downlink_ppdu(
    profile: Profile,
    rate_bps: int,
    frame: Frame,
    *,
    kind: PpduKind = PpduKind.DL_TYPE1,
    upper_half: bool = False,
) -> DownlinkPpdu:
    """Return the PPDU of ``frame`` at ``rate_bps``: of Type 1, or of Type 5, which lasts as long.

    In a 40 MHz channel its AMP part lies in the lower half, or in the upper one if ``upper_half``.

    AMP-SIG addresses the station of a Trigger, Data or Authentication frame; every other frame is for all tags, an
    Ack because all of them count Acks (placeholder). Raises ``ValueError`` for a value, rate or size out of range.
    """
    psdu = encode_frame(profile.mac, frame)
    protected = secured(frame)
    partial = profile.downlink.broadcast_partial_id
    if isinstance(frame, (Authentication, Data, Trigger)):
        partial = partial_id(profile, frame.station_id)
    vector = TxVector(kind, rate_bps, partial, protected, upper_half=upper_half)
    return DownlinkPpdu(frame, psdu, vector, downlink_type1_ns(profile, len(psdu), rate_bps, protected))


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
        protected=secured(frame),
        session_id=session_id,
        sta_id=station_of(profile.mac, frame) & ((1 << profile.preamble.sta_id_lsb_bits) - 1),
        excitation_ns=excitation_ns,
    )
    return DownlinkPpdu(frame, psdu, vector, downlink_mono_ns(profile, len(psdu), excitation_ns, first=first))


def excitation_ppdu(profile: Profile, excitation_ns: int, *, upper_half: bool) -> DownlinkPpdu:
    """Return the energizer's Type 4 PPDU: an Excitation frame, then ``excitation_ns`` of what bistatic tags shift.

    Raises ``ValueError`` when it is too long (rule 14).
    """
    frame, rate_bps = Excitation(), profile.downlink.rate_low_bps
    vector = TxVector(PpduKind.DL_TYPE4, rate_bps, excitation_ns=excitation_ns, upper_half=upper_half)
    duration_ns = downlink_excited_ns(profile, excitation_ns, rate_bps)
    return DownlinkPpdu(frame, encode_frame(profile.mac, frame), vector, duration_ns)
