"""The octets of the PHY-SAP messages: one fixed layout per type, little-endian.

docs/phy-sap.md gives every octet; a test holds that page against this module.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from ampradio.sap.messages import (
    MAGIC,
    VERSION,
    AttachConfirm,
    AttachRequest,
    ErrorIndication,
    Grant,
    ListenRequest,
    RxIndication,
    SapError,
    SapMessage,
    StopConfirm,
    StopRequest,
    TimeIndication,
    TxConfirm,
    TxRequest,
)
from ampradio.vectors import Listen, PpduKind, RxVector, TxVector

PSDU_OCTETS_MAX = 4095
TEXT_OCTETS_MAX = 1024
MESSAGE_OCTETS_MAX = 8192
DURATION_NS_MAX = 1_000_000_000
OFFSET_HZ_MAX = 100_000_000

_HEADER = struct.Struct("<4sBBHI")
_TX = struct.Struct("<IqBBBBIiIIHBBH")
_LISTEN = struct.Struct("<BBBBIqqi")
_GRANT = struct.Struct("<qq")
_TIME = struct.Struct("<q")
_ATTACHED = struct.Struct("<BBHIq")
_SENT = struct.Struct("<IBBHqq")
_RX = struct.Struct("<qqqIBBBBddddddiH")
_STOPPED = struct.Struct("<qqH")
_COUNT = struct.Struct("<IB")
_ERROR = struct.Struct("<H")

TYPES: dict[type, int] = {
    AttachRequest: 0x01,
    TxRequest: 0x02,
    ListenRequest: 0x03,
    Grant: 0x04,
    StopRequest: 0x05,
    AttachConfirm: 0x81,
    TxConfirm: 0x82,
    RxIndication: 0x83,
    TimeIndication: 0x84,
    StopConfirm: 0x85,
    ErrorIndication: 0x86,
}


def encode(message: SapMessage, seq: int) -> bytes:
    """Return the octets of ``message`` with sequence number ``seq`` (0…2³²−1).

    Raises:
        SapError: a field does not fit its width.
    """
    try:
        return _HEADER.pack(MAGIC, VERSION, TYPES[type(message)], 0, seq & 0xFFFFFFFF) + _body(message)
    except struct.error as error:
        raise SapError(f"{type(message).__name__}: {error}") from error


def decode(octets: bytes) -> tuple[SapMessage, int]:
    """Return the message in ``octets`` and its sequence number.

    Raises:
        SapError: the octets are not one whole, valid message of this version.
    """
    if not _HEADER.size <= len(octets) <= MESSAGE_OCTETS_MAX:
        raise SapError(f"a message of {len(octets)} octets (12 to {MESSAGE_OCTETS_MAX} expected)")
    magic, version, kind, _reserved, seq = _HEADER.unpack_from(octets)
    if magic != MAGIC:
        raise SapError("not a PHY-SAP message (magic)")
    if version != VERSION:
        raise SapError(f"PHY-SAP version {version}, this side speaks {VERSION}")
    reader = _READERS.get(kind)
    if reader is None:
        raise SapError(f"unknown message type 0x{kind:02x}")
    try:
        return reader(octets[_HEADER.size :]), seq
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise SapError(f"message type 0x{kind:02x}: {error}") from error


def _body(message: SapMessage) -> bytes:
    if isinstance(message, AttachRequest):
        return _text(message.profile)
    if isinstance(message, TxRequest):
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
            vector.sta_id,
            vector.session_id,
            0,
            len(message.psdu),
        )
        return head + message.psdu
    if isinstance(message, ListenRequest):
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
    if isinstance(message, Grant):
        return _GRANT.pack(message.silent_until_ns, message.wake_ns)
    if isinstance(message, StopRequest):
        return _TIME.pack(message.stop_ns)
    if isinstance(message, AttachConfirm):
        return _ATTACHED.pack(message.role, 0, 0, message.sample_rate_sps, message.now_ns)
    if isinstance(message, TxConfirm):
        return _SENT.pack(message.tx_id, message.status, 0, 0, message.start_ns, message.end_ns)
    if isinstance(message, RxIndication):
        return _rx_body(message)
    if isinstance(message, TimeIndication):
        return _TIME.pack(message.now_ns)
    if isinstance(message, StopConfirm):
        head = _STOPPED.pack(message.now_ns, message.samples, len(message.counters))
        counters = (_COUNT.pack(count, len(name.encode())) + name.encode() for name, count in message.counters)
        return head + b"".join(counters)
    return _ERROR.pack(message.code) + _text(message.text)


def _rx_body(message: RxIndication) -> bytes:
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


def _text(text: str) -> bytes:
    octets = text.encode()[:TEXT_OCTETS_MAX]
    return struct.pack("<H", len(octets)) + octets


def _exactly(octets: bytes, size: int) -> bytes:
    if len(octets) != size:
        raise SapError(f"{len(octets)} octets where {size} belong")
    return octets


def _read_text(octets: bytes) -> str:
    (size,) = struct.unpack_from("<H", octets)
    return _exactly(octets, 2 + size)[2:].decode()


def _read_tx(octets: bytes) -> TxRequest:
    (
        tx_id, start_ns, kind, flags, partial_id, seed_index, rate_bps,
        offset_hz, wup_ns, excitation_ns, sta_id, session_id, _, size,
    ) = _TX.unpack_from(octets)  # fmt: skip
    psdu = _exactly(octets, _TX.size + size)[_TX.size :]
    if not 0 < size <= PSDU_OCTETS_MAX or partial_id > 63 or seed_index > 3 or sta_id > 0xFFF or session_id > 3:
        raise SapError("a TXVECTOR field is out of range")
    if max(wup_ns, excitation_ns) > DURATION_NS_MAX or abs(offset_hz) > OFFSET_HZ_MAX:
        raise SapError("an excitation or a channel offset of the TXVECTOR is out of range")
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
    )
    return TxRequest(tx_id, start_ns, vector, psdu)


def _read_listen(octets: bytes) -> ListenRequest:
    kind, seed_index, flags, _, rate_bps, start_ns, stop_ns, offset_hz = _LISTEN.unpack(octets)
    if seed_index > 3 or not 0 <= start_ns < stop_ns or abs(offset_hz) > OFFSET_HZ_MAX:
        raise SapError("a listening window is empty, or its seed or channel offset is out of range")
    upwards = not flags & 1
    return ListenRequest(Listen(PpduKind(kind), rate_bps, seed_index, start_ns, stop_ns, offset_hz, upwards))


def _read_rx(octets: bytes) -> RxIndication:
    (
        start_ns, end_ns, start_sample, rate_bps, kind, flags, partial_id, seed_index,
        snr, rssi, clock, cfo, isolation, residual, offset_hz, size,
    ) = _RX.unpack_from(octets)  # fmt: skip
    psdu = _exactly(octets, _RX.size + size)[_RX.size :]
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


def _read_stopped(octets: bytes) -> StopConfirm:
    now_ns, samples, count = _STOPPED.unpack_from(octets)
    position = _STOPPED.size
    counters = []
    for _ in range(count):
        value, size = _COUNT.unpack_from(octets, position)
        position += _COUNT.size
        name = octets[position : position + size]
        if len(name) != size:
            raise SapError("a counter's name is cut short")
        counters.append((name.decode(), value))
        position += size
    _exactly(octets, position)
    return StopConfirm(now_ns, samples, tuple(counters))


def _read_attached(octets: bytes) -> AttachConfirm:
    role, _, _, rate, now_ns = _ATTACHED.unpack(octets)
    return AttachConfirm(role, rate, now_ns)


def _read_sent(octets: bytes) -> TxConfirm:
    tx_id, status, _, _, start_ns, end_ns = _SENT.unpack(octets)
    return TxConfirm(tx_id, status, start_ns, end_ns)


def _read_error(octets: bytes) -> ErrorIndication:
    return ErrorIndication(_ERROR.unpack_from(octets)[0], _read_text(octets[_ERROR.size :]))


_READERS: dict[int, Callable[[bytes], SapMessage]] = {
    0x01: lambda octets: AttachRequest(_read_text(octets)),
    0x02: _read_tx,
    0x03: _read_listen,
    0x04: lambda octets: Grant(*_GRANT.unpack(octets)),
    0x05: lambda octets: StopRequest(*_TIME.unpack(octets)),
    0x81: _read_attached,
    0x82: _read_sent,
    0x83: _read_rx,
    0x84: lambda octets: TimeIndication(*_TIME.unpack(octets)),
    0x85: _read_stopped,
    0x86: _read_error,
}
