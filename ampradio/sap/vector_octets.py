"""The octets of TXVECTOR, Listen and RXVECTOR in the PHY-SAP's messages, and what of them is refused.

docs/phy-sap.md gives every octet; a test holds that page against this module.
"""

from __future__ import annotations

import math
import struct

from ampradio.sap.messages import ListenRequest, RxIndication, SapError, TxRequest
from ampradio.vectors import Listen, PpduKind, RxVector, TxVector

PSDU_OCTETS_MAX = 4095
DURATION_NS_MAX = 1_000_000_000
OFFSET_HZ_MAX = 100_000_000

_TX = struct.Struct("<IqBBBBIiIIIHBBH")
_LISTEN = struct.Struct("<BBBBIqqi")
_RX = struct.Struct("<qqqIBBBBddddddiH")


def tx_octets(message: TxRequest) -> bytes:
    """Return the body of a TxRequest; raises struct.error when a field does not fit."""
    vector = message.vector
    head = _TX.pack(
        message.tx_id,
        message.start_ns,
        vector.kind.value,
        vector.protected | vector.multi_txop << 1 | vector.upper_half << 2 | (not vector.shift_upwards) << 3,
        vector.partial_id,
        vector.seed_index,
        vector.rate_bps,
        vector.channel_offset_hz,
        vector.wup_ns,
        vector.excitation_ns,
        vector.cut_off_ns,
        vector.sta_id,
        vector.session_id,
        0,
        len(message.psdu),
    )
    return head + message.psdu


def listen_octets(message: ListenRequest) -> bytes:
    """Return the body of a ListenRequest; raises struct.error when a field does not fit."""
    window = message.window
    return _LISTEN.pack(
        window.kind.value,
        window.seed_index,
        not window.shift_upwards,
        0,
        window.rate_bps,
        window.start_ns,
        window.stop_ns,
        window.channel_offset_hz,
    )


def rx_octets(message: RxIndication) -> bytes:
    """Return the body of an RxIndication; raises struct.error when a field does not fit."""
    rx = message.rxvector
    measured = (rx.cfo_hz, rx.partial_id, rx.seed_index, rx.isolation_db, rx.residual_db)
    flags = sum((value is not None) << bit for bit, value in enumerate(measured))
    head = _RX.pack(
        rx.start_ns,
        rx.end_ns,
        rx.start_sample,
        rx.rate_bps,
        rx.kind.value,
        flags,
        rx.partial_id or 0,
        rx.seed_index or 0,
        rx.snr_db,
        rx.rssi_dbfs,
        rx.clock_ppm,
        rx.cfo_hz or 0.0,
        rx.isolation_db or 0.0,
        rx.residual_db or 0.0,
        rx.channel_offset_hz,
        len(message.psdu),
    )
    return head + message.psdu


def exactly(octets: bytes, size: int) -> bytes:
    """Return ``octets``; raises SapError unless there are ``size`` of them."""
    if len(octets) != size:
        raise SapError(f"{len(octets)} octets where {size} belong")
    return octets


def read_tx(octets: bytes) -> TxRequest:
    """Return the TxRequest of a body; raises SapError, struct.error or ValueError."""
    (
        tx_id, start_ns, kind, flags, partial_id, seed_index, rate_bps,
        offset_hz, wup_ns, excitation_ns, cut_off_ns, sta_id, session_id, _, size,
    ) = _TX.unpack_from(octets)  # fmt: skip
    psdu = exactly(octets, _TX.size + size)[_TX.size :]
    if not 0 < size <= PSDU_OCTETS_MAX or partial_id > 63 or seed_index > 3 or sta_id > 0xFFF or session_id > 3:
        raise SapError("a TXVECTOR field is out of range")
    if max(wup_ns, excitation_ns, cut_off_ns) > DURATION_NS_MAX or abs(offset_hz) > OFFSET_HZ_MAX:
        raise SapError("an excitation, a cut-off or a channel offset of the TXVECTOR is out of range")
    vector = TxVector(
        PpduKind(kind),
        rate_bps,
        partial_id,
        bool(flags & 1),
        seed_index,
        offset_hz,
        bool(flags & 2),
        session_id,
        sta_id,
        wup_ns,
        excitation_ns,
        upper_half=bool(flags & 4),
        shift_upwards=not flags & 8,
        cut_off_ns=cut_off_ns,
    )
    return TxRequest(tx_id, start_ns, vector, psdu)


def read_listen(octets: bytes) -> ListenRequest:
    """Return the ListenRequest of a body; raises SapError, struct.error or ValueError."""
    kind, seed_index, flags, _, rate_bps, start_ns, stop_ns, offset_hz = _LISTEN.unpack(octets)
    if seed_index > 3 or not 0 <= start_ns < stop_ns or abs(offset_hz) > OFFSET_HZ_MAX:
        raise SapError("a listening window is empty, or its seed or channel offset is out of range")
    upwards = not flags & 1
    return ListenRequest(Listen(PpduKind(kind), rate_bps, seed_index, start_ns, stop_ns, offset_hz, upwards))


def read_rx(octets: bytes) -> RxIndication:
    """Return the RxIndication of a body; raises SapError, struct.error or ValueError."""
    (
        start_ns, end_ns, start_sample, rate_bps, kind, flags, partial_id, seed_index,
        snr, rssi, clock, cfo, isolation, residual, offset_hz, size,
    ) = _RX.unpack_from(octets)  # fmt: skip
    psdu = exactly(octets, _RX.size + size)[_RX.size :]
    if not all(math.isfinite(value) for value in (snr, rssi, clock, cfo, isolation, residual)):
        raise SapError("an RXVECTOR field is not a finite number")
    if end_ns < start_ns or abs(offset_hz) > OFFSET_HZ_MAX:
        raise SapError("an RXVECTOR ends before it starts, or its channel offset is out of range")
    rxvector = RxVector(
        PpduKind(kind),
        rate_bps,
        start_ns,
        end_ns,
        start_sample,
        snr,
        rssi,
        clock,
        cfo if flags & 1 else None,
        partial_id if flags & 2 else None,
        seed_index if flags & 4 else None,
        offset_hz,
        isolation if flags & 8 else None,
        residual if flags & 16 else None,
    )
    return RxIndication(psdu, rxvector)
