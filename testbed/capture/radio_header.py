"""The radio header before every PSDU of ``frames.pcapng``: who saw it, when, how strong, how far off, how it was sent.

Ours, version 1, little-endian, link type USER0; docs/wireshark.md has it octet by octet, and the dissector reads it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from ampradio.vectors import PpduKind, RxVector, TxVector

MAGIC = b"AMPR"
VERSION = 1
_LAYOUT = struct.Struct("<4sBBHIIqqqQiffffffBBHIIIBBH")
HEADER_OCTETS = _LAYOUT.size

SENT, DOWNLINK, AP = 0x0001, 0x0002, 0x0004
HAS_SAMPLE, HAS_SNR, HAS_RSSI, HAS_CLOCK, HAS_CFO = 0x0010, 0x0020, 0x0040, 0x0080, 0x0100
HAS_PARTIAL_ID, HAS_SEED, HAS_ISOLATION, HAS_RESIDUAL = 0x0200, 0x0400, 0x0800, 0x1000
PROTECTED, MULTI_TXOP, UPPER_HALF, SHIFT_UPWARDS = 0x0001_0000, 0x0002_0000, 0x0004_0000, 0x0008_0000

TLV_NODE, TLV_PARAMETERS, TLV_DECRYPTED = 1, 2, 3


class RadioHeaderError(ValueError):
    """What stands before a PSDU is no radio header of ours."""


@dataclass(frozen=True)
class Seen:
    """One PPDU as one station sent or received it.

    Times are nanoseconds of air time since the run began; ``start_sample`` is None where nothing is sampled,
    ``carrier_hz`` the channel's centre. A measure is None where there is none. ``parameters`` are lengths that a
    dissector cannot know (numbers of ``testbed.wireshark.parameters``), ``decrypted`` values of TLV 3.
    """

    node: str
    ap: bool
    sent: bool
    kind: PpduKind
    rate_bps: int
    start_ns: int
    end_ns: int
    start_sample: int | None = None
    carrier_hz: int = 0
    channel_offset_hz: int = 0
    snr_db: float | None = None
    rssi_dbfs: float | None = None
    clock_ppm: float | None = None
    cfo_hz: float | None = None
    isolation_db: float | None = None
    residual_db: float | None = None
    partial_id: int | None = None
    seed_index: int | None = None
    flags: int = 0
    sta_id: int = 0
    session_id: int = 0
    wup_ns: int = 0
    excitation_ns: int = 0
    cut_off_ns: int = 0
    parameters: tuple[tuple[int, int], ...] = ()
    decrypted: tuple[bytes, ...] = field(default=(), repr=False)

    def encode(self) -> bytes:
        """Return the header with its TLVs."""
        tlvs = b"".join(_tlv(kind, value) for kind, value in self._tlvs())
        have = self.flags | SENT * self.sent | DOWNLINK * self.kind.is_downlink | AP * self.ap
        have |= sum(bit for bit, name in _OPTIONAL if _known(getattr(self, name)))
        values = [getattr(self, name) if _known(getattr(self, name)) else 0 for _, name in _OPTIONAL]
        sample, snr, rssi, clock, cfo, partial_id, seed, isolation, residual = values
        length = HEADER_OCTETS + len(tlvs)
        head = _LAYOUT.pack(
            MAGIC, VERSION, self.kind.value, length, have, self.rate_bps, self.start_ns, self.end_ns, sample,
            self.carrier_hz, self.channel_offset_hz, snr, rssi, clock, cfo, isolation, residual, partial_id, seed,
            self.sta_id, self.wup_ns, self.excitation_ns, self.cut_off_ns, self.session_id, 0, 0,
        )  # fmt: skip
        return head + tlvs

    def _tlvs(self) -> Iterable[tuple[int, bytes]]:
        yield TLV_NODE, self.node.encode()
        if self.parameters:
            yield TLV_PARAMETERS, b"".join(bytes(pair) for pair in self.parameters)
        for value in self.decrypted:
            yield TLV_DECRYPTED, value


_OPTIONAL = (
    (HAS_SAMPLE, "start_sample"),
    (HAS_SNR, "snr_db"),
    (HAS_RSSI, "rssi_dbfs"),
    (HAS_CLOCK, "clock_ppm"),
    (HAS_CFO, "cfo_hz"),
    (HAS_PARTIAL_ID, "partial_id"),
    (HAS_SEED, "seed_index"),
    (HAS_ISOLATION, "isolation_db"),
    (HAS_RESIDUAL, "residual_db"),
)


def decode(octets: bytes) -> tuple[Seen, bytes]:
    """Return header and PSDU of a packet; raises ``RadioHeaderError``."""
    if len(octets) < HEADER_OCTETS:
        raise RadioHeaderError(f"{len(octets)} octets are no radio header")
    (magic, version, kind, length, have, rate_bps, start_ns, end_ns, sample, carrier, offset, snr, rssi, clock, cfo,
     isolation, residual, partial_id, seed, sta_id, wup, excitation, cut_off, session, *_) = _LAYOUT.unpack_from(octets)
    if magic != MAGIC or version != VERSION or not HEADER_OCTETS <= length <= len(octets):
        raise RadioHeaderError("no radio header of version 1")
    try:
        form = PpduKind(kind)
    except ValueError:
        raise RadioHeaderError(f"PPDU kind {kind}") from None
    values = sample, snr, rssi, clock, cfo, partial_id, seed, isolation, residual
    optional = {
        name: value if have & bit else None for (bit, name), value in zip(_OPTIONAL, values, strict=True)
    }
    node, parameters, decrypted = "", [], []
    for number, value in _read_tlvs(octets[HEADER_OCTETS:length]):
        if number == TLV_NODE:
            node = value.decode("utf-8", "replace")
        elif number == TLV_PARAMETERS:
            parameters += list(zip(value[::2], value[1::2], strict=False))
        elif number == TLV_DECRYPTED:
            decrypted.append(value)
    flags = have & (PROTECTED | MULTI_TXOP | UPPER_HALF | SHIFT_UPWARDS)
    seen = Seen(
        node, bool(have & AP), bool(have & SENT), form, rate_bps, start_ns, end_ns, carrier_hz=carrier,
        channel_offset_hz=offset, flags=flags, sta_id=sta_id, session_id=session, wup_ns=wup,
        excitation_ns=excitation, cut_off_ns=cut_off, parameters=tuple(parameters), decrypted=tuple(decrypted),
        **optional,
    )  # fmt: skip
    return seen, octets[length:]


def heard(node: str, rx: RxVector, *, ap: bool, carrier_hz: int, parameters: tuple[tuple[int, int], ...] = ()) -> Seen:
    """Return what a station measured of a PPDU that it received."""
    return Seen(
        node, ap, False, rx.kind, rx.rate_bps, rx.start_ns, rx.end_ns, rx.start_sample, carrier_hz,
        rx.channel_offset_hz, rx.snr_db, rx.rssi_dbfs, rx.clock_ppm, rx.cfo_hz, rx.isolation_db, rx.residual_db,
        rx.partial_id, rx.seed_index, parameters=parameters,
    )  # fmt: skip


def said(
    node: str,
    vector: TxVector,
    start_ns: int,
    end_ns: int,
    *,
    ap: bool,
    carrier_hz: int,
    parameters: tuple[tuple[int, int], ...] = (),
) -> Seen:
    """Return how a station sent a PPDU."""
    flags = PROTECTED * vector.protected | MULTI_TXOP * vector.multi_txop
    flags |= UPPER_HALF * vector.upper_half | SHIFT_UPWARDS * vector.shift_upwards
    down = vector.kind.is_downlink
    return Seen(
        node, ap, True, vector.kind, vector.rate_bps, start_ns, end_ns, None, carrier_hz, vector.channel_offset_hz,
        partial_id=vector.partial_id if down else None, seed_index=None if down else vector.seed_index, flags=flags,
        sta_id=vector.sta_id, session_id=vector.session_id, wup_ns=vector.wup_ns, excitation_ns=vector.excitation_ns,
        cut_off_ns=vector.cut_off_ns, parameters=parameters,
    )  # fmt: skip


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, len(value)) + value


def _read_tlvs(octets: bytes) -> Iterable[tuple[int, bytes]]:
    while octets:
        if len(octets) < 4:
            raise RadioHeaderError("a TLV is cut")
        kind, size = struct.unpack_from("<HH", octets)
        if len(octets) < 4 + size:
            raise RadioHeaderError("a TLV is cut")
        yield kind, octets[4 : 4 + size]
        octets = octets[4 + size :]
