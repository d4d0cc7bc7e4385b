"""The octets of the PHY-SAP messages: one fixed layout per type, little-endian.

docs/phy-sap.md gives every octet; a test holds that page against this module.
"""

from __future__ import annotations

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
from ampradio.sap.vector_octets import exactly, listen_octets, read_listen, read_rx, read_tx, rx_octets, tx_octets

TEXT_OCTETS_MAX = 1024
MESSAGE_OCTETS_MAX = 8192

_HEADER = struct.Struct("<4sBBHI")
_GRANT = struct.Struct("<qq")
_TIME = struct.Struct("<q")
_ATTACHED = struct.Struct("<BBHIq")
_SENT = struct.Struct("<IBBHqq")
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
        return tx_octets(message)
    if isinstance(message, ListenRequest):
        return listen_octets(message)
    if isinstance(message, Grant):
        return _GRANT.pack(message.silent_until_ns, message.wake_ns)
    if isinstance(message, StopRequest):
        return _TIME.pack(message.stop_ns)
    if isinstance(message, AttachConfirm):
        return _ATTACHED.pack(message.role, 0, 0, message.sample_rate_sps, message.now_ns)
    if isinstance(message, TxConfirm):
        return _SENT.pack(message.tx_id, message.status, 0, 0, message.start_ns, message.end_ns)
    if isinstance(message, RxIndication):
        return rx_octets(message)
    if isinstance(message, TimeIndication):
        return _TIME.pack(message.now_ns)
    if isinstance(message, StopConfirm):
        head = _STOPPED.pack(message.now_ns, message.samples, len(message.counters))
        counters = (_COUNT.pack(count, len(name.encode())) + name.encode() for name, count in message.counters)
        return head + b"".join(counters)
    return _ERROR.pack(message.code) + _text(message.text)


def _text(text: str) -> bytes:
    octets = text.encode()[:TEXT_OCTETS_MAX]
    return struct.pack("<H", len(octets)) + octets


def _read_text(octets: bytes) -> str:
    (size,) = struct.unpack_from("<H", octets)
    return exactly(octets, 2 + size)[2:].decode()


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
    exactly(octets, position)
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
    0x02: read_tx,
    0x03: read_listen,
    0x04: lambda octets: Grant(*_GRANT.unpack(octets)),
    0x05: lambda octets: StopRequest(*_TIME.unpack(octets)),
    0x81: _read_attached,
    0x82: _read_sent,
    0x83: read_rx,
    0x84: lambda octets: TimeIndication(*_TIME.unpack(octets)),
    0x85: _read_stopped,
    0x86: _read_error,
}
