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

    ``partial_id`` (0…63, 63 = broadcast) fills the AMP-SIG of Types 1 and 5; ``protected`` lengthens the
    padding; ``seed_index`` (0…3) picks the scrambler seed of an active uplink.
    """

    kind: PpduKind
    rate_bps: int
    partial_id: int = 63
    protected: bool = False
    seed_index: int = 0


@dataclass(frozen=True)
class RxVector:
    """RXVECTOR: what the receiver measured of one PPDU.

    ``start_ns`` is sample 0 of the PPDU, ``end_ns`` its end with padding and signal extension.
    ``snr_db`` is the ON-chip signal power over the noise power in the receiver's sampled band, ``rssi_dbfs``
    the mean ON power in dB relative to a complex amplitude of 1. ``clock_ppm`` is the sender's chip duration
    error as seen by the receiver's clock. ``cfo_hz`` is None for an envelope receiver.
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


@dataclass(frozen=True)
class Listen:
    """A window in which the receiver is to look for one uplink PPDU start."""

    kind: PpduKind
    rate_bps: int
    seed_index: int
    start_ns: int
    stop_ns: int


@dataclass(frozen=True)
class Tx:
    """One PPDU to send at an exact start, with the windows in which replies to it may begin and end."""

    psdu: bytes
    vector: TxVector
    start_ns: int
    replies: tuple[Listen, ...] = ()
