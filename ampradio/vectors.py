"""TXVECTOR and RXVECTOR: what crosses the PHY service access point beside the PSDU.

These types are shared by the PHY, the MAC and the SAP; none of those rooms knows the others.
Air time is integer nanoseconds since the run began.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class PpduKind(Enum):
    """The PPDU formats of the draft (air-interface page, sections 2 and 3); values are the SAP's codes."""

    DL_TYPE1 = 1
    DL_TYPE2 = 2
    DL_TYPE3 = 3
    DL_TYPE4 = 4
    DL_TYPE5 = 5
    DL_SUB1GHZ = 6
    UL_ACTIVE = 16
    UL_MONO_STATIC = 17
    UL_BISTATIC = 18

    @property
    def is_downlink(self) -> bool:
        """True for a PPDU that an AP or energizer sends."""
        return self.value < PpduKind.UL_ACTIVE.value


@dataclass(frozen=True)
class TxVector:
    """TXVECTOR: how one PSDU is to be sent.

    Types 1 and 5: ``partial_id`` (0…63, 63 = broadcast) fills the AMP-SIG, ``protected`` lengthens the padding.
    Types 2 and 3: ``multi_txop``, ``session_id`` (2 LSB) and ``sta_id`` (12 LSB) fill U-SIG; ``wup_ns`` is the
    WUP-Excitation of Type 2, 0 for the profile's. ``excitation_ns`` is the BST-Excitation of Types 2 and 3 and the
    Excitation of Type 4, which have no default. ``upper_half`` says that Type 4, the AMP part of Type 5, or a
    Type 1 where the channel is 40 MHz wide, lies in its upper 20 MHz. Active uplink: ``seed_index`` (0…3) picks the
    scrambler seed, ``channel_offset_hz`` is where the PPDU lies off the channel's centre. Bistatic uplink:
    ``shift_upwards`` is the way the tag shifts what it reflects, up when the excitation is in the lower half. Fields of
    other kinds are ignored.
    ``cut_off_ns`` is when the transmitter dies, counted from sample 0: silence from there on; 0 for never.
    """

    kind: PpduKind
    rate_bps: int
    partial_id: int = 63
    protected: bool = False
    seed_index: int = 0
    channel_offset_hz: int = 0
    multi_txop: bool = False
    session_id: int = 0
    sta_id: int = 0
    wup_ns: int = 0
    excitation_ns: int = 0
    upper_half: bool = False
    shift_upwards: bool = True
    cut_off_ns: int = 0


@dataclass(frozen=True)
class RxVector:
    """RXVECTOR: what the receiver measured of one PPDU.

    ``start_ns`` is sample 0 of the PPDU, ``end_ns`` its end with padding and signal extension; a tag is not told how
    long the excitation of Types 2 to 4 is, so theirs is the end of AMP-Data, from where T1, T3 and ``delay`` count.
    ``snr_db`` is the ON-chip signal power over the noise power in the receiver's sampled band, ``rssi_dbfs``
    the mean ON power in dB relative to a complex amplitude of 1. ``clock_ppm`` is the sender's chip duration
    error as seen by the receiver's clock. ``cfo_hz`` is None for an envelope receiver; it is counted from
    ``channel_offset_hz``, where the receiver was told to look. Mono-static: ``isolation_db`` is the AP's excitation
    over its leak, ``residual_db`` what the subtraction left of that over the reply.
    """

    kind: PpduKind
    rate_bps: int
    start_ns: int
    end_ns: int
    start_sample: int
    snr_db: float
    rssi_dbfs: float
    clock_ppm: float
    cfo_hz: float | None = None
    partial_id: int | None = None
    seed_index: int | None = None
    channel_offset_hz: int = 0
    isolation_db: float | None = None
    residual_db: float | None = None


@dataclass(frozen=True)
class Listen:
    """A window in which the receiver is to look for one uplink PPDU.

    ``channel_offset_hz``: where an active uplink lies off the channel's centre. ``shift_upwards``: which way bistatic
    tags were told to shift (see ``TxVector``).
    """

    kind: PpduKind
    rate_bps: int
    seed_index: int
    start_ns: int
    stop_ns: int
    channel_offset_hz: int = 0
    shift_upwards: bool = True


@dataclass(frozen=True)
class Tx:
    """One PPDU to send at an exact start, with the windows in which replies to it may begin and end."""

    psdu: bytes
    vector: TxVector
    start_ns: int
    replies: tuple[Listen, ...] = ()
