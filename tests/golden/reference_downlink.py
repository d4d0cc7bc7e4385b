"""Downlink PPDUs, chip by chip and sample by sample, from air-interface.md (section 2, rules 12 to 19)."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.golden.reference_coding import chips_of, manchester, scrambler
from tests.golden.reference_frames import crc8, octet_bits
from tests.golden.reference_preamble import SPACING_HZ, mono_static_parts, non_amp, u_sig_bits

NATIVE_SPS = 20_000_000
WIDE_SPS = 40_000_000
HALF_HZ = 10_000_000
SYNC_250K = chips_of("1010010010111011000101110011100001011001")  # S and the special segment
MONO_SYNC = chips_of("01111010")
ON_TONES = {-6: 1, -4: 1, -2: 1, 2: -1, 4: 1, 6: -1}
LOWER = (-1, 1, 1, -1, -1, 1, 1, -1, -1, -1, 1, 1, -1, -1, -1, 1)  # L(−16…−1)
UPPER = (1, -1, -1, -1, 1, -1, 1, -1, -1, -1, -1, 1, 1, 1, 1, 1)  # L(1…16)
EXTENSION_NS = 6_000
NON_AMP_NS = 32_000

Wave = Callable[[float], complex]
Carriers = tuple[tuple[complex, int], ...]


@dataclass(frozen=True)
class Chips:
    """A field made of chips of one duration."""

    name: str
    chips: Sequence[int]
    chip_ns: int

    @property
    def duration_ns(self) -> int:
        return len(self.chips) * self.chip_ns


@dataclass(frozen=True)
class Piece:
    """Part of a PPDU: ``wave`` of the time since the piece began, times a carrier of the time since the PPDU began."""

    start_ns: int
    stop_ns: int
    wave: Wave
    carriers: Carriers = ((1, 0),)


@dataclass(frozen=True)
class Downlink:
    """A whole PPDU: its pieces, where its fields begin, and TXTIME."""

    pieces: tuple[Piece, ...]
    starts_ns: dict[str, int]
    txtime_ns: int
    native_sps: int

    def sampled(self, ppm: int = 0) -> list[complex]:
        """Return its samples at the native rate of a receiver whose clock sees durations ``ppm`` longer (rule 23)."""
        numerator, denominator = 10**15, self.native_sps * (10**6 + ppm)
        out: list[complex] = []
        at = 0
        for index in range(-(-self.txtime_ns * denominator // numerator)):
            time = index * numerator  # over denominator, in ns
            while at < len(self.pieces) and time >= self.pieces[at].stop_ns * denominator:
                at += 1
            if at == len(self.pieces):
                out.append(0)
                continue
            piece = self.pieces[at]
            turn = 2j * math.pi * 1e-9 * (time / denominator)
            carrier = sum(factor * cmath.exp(turn * offset_hz) for factor, offset_hz in piece.carriers)
            out.append(piece.wave((time - piece.start_ns * denominator) / denominator) * carrier)
        return out


def _tones(tones: dict[int, int], guard_ns: int) -> Wave:
    def wave(time_ns: float) -> complex:
        turn = 2j * math.pi * SPACING_HZ * (time_ns - guard_ns) * 1e-9
        return sum(value * cmath.exp(turn * tone) for tone, value in tones.items())

    return wave


def _scaled(
    wave: Wave, duration_ns: int, rate_sps: int, carriers: Carriers = ((1, 0),), start_ns: int = 0
) -> Wave:
    """Return ``wave`` with unit mean power over the samples of ``duration_ns`` (rule 12)."""
    count = duration_ns * rate_sps // 10**9
    power = 0.0
    for index in range(count):
        turn = 2j * math.pi * (start_ns * 1e-9 + index / rate_sps)
        carrier = sum(factor * cmath.exp(turn * offset_hz) for factor, offset_hz in carriers)
        power += abs(wave(index * 1e9 / rate_sps) * carrier) ** 2
    gain = 1 / math.sqrt(power / count)
    return lambda time_ns: gain * wave(time_ns)


def on_symbol(chip_ns: int, rate_sps: int) -> Wave:
    """Return the ON symbol: period samples 24…31 then 0…31 for 2 µs, outputs 0…9 for 0.5 µs (rule 16)."""
    return _scaled(_tones(ON_TONES, 400 if chip_ns == 2000 else 0), chip_ns, rate_sps)


def excitation_symbol(upper: bool) -> Wave:
    """Return the bistatic excitation, carriers reversed on the upper channel (section 2, rule 18)."""
    order = [*LOWER, 0, *UPPER]
    if upper:
        order.reverse()
    return _scaled(_tones({index - 16: value for index, value in enumerate(order)}, 0), 3200, NATIVE_SPS)


def amp_sig(partial_id: int) -> list[int]:
    """Return the bits of AMP-SIG (rule 15)."""
    first = bytes((1 << 1 | partial_id << 2,))
    return octet_bits(first + bytes((crc8(first),)))


def _addressed(psdu: bytes, rate_kbps: int, partial_id: int) -> list[Chips]:
    chip_ns = {250: 2000, 1000: 500}[rate_kbps]
    sync = SYNC_250K if rate_kbps == 250 else [1 - chip for chip in SYNC_250K]
    return [
        Chips("AMP-Sync", sync, 2000),
        Chips("AMP-SIG", manchester(amp_sig(partial_id)), chip_ns),
        Chips("AMP-Data", manchester(octet_bits(psdu)), chip_ns),
    ]


def _ones(name: str, duration_ns: int) -> Chips:
    return Chips(name, [1] * -(-duration_ns // 2000), 2000)


def _assembled(
    fields: Sequence[Chips],
    u_sig: Sequence[int],
    *,
    rate_sps: int = NATIVE_SPS,
    excitation: tuple[Wave, int] | None = None,
    body_hz: int = 0,
) -> Downlink:
    excitation_ns = excitation[1] if excitation else 0
    txtime_ns = NON_AMP_NS + sum(field.duration_ns for field in fields) + excitation_ns + EXTENSION_NS
    if txtime_ns - EXTENSION_NS > 5_484_000:
        raise ValueError("too long (rule 14)")
    halves = ((1, -HALF_HZ), (1j, HALF_HZ)) if rate_sps == WIDE_SPS else ((1, 0),)
    pieces: list[Piece] = []
    starts = {"non-AMP": 0}
    now = 0
    for symbol in non_amp(txtime_ns, u_sig):
        wave = _scaled(symbol.at, symbol.duration_ns, rate_sps, halves, now)
        pieces.append(Piece(now, now + symbol.duration_ns, wave, halves))
        now += symbol.duration_ns
    for piece, name in _keyed(fields, now, rate_sps, ((1, body_hz),)):
        starts.setdefault(name, piece.start_ns)
        pieces.append(piece)
        now = piece.stop_ns
    if excitation:
        starts["Excitation"] = now
        pieces.append(Piece(now, now + excitation_ns, excitation[0]))
    return Downlink(tuple(pieces), starts, txtime_ns, rate_sps)


def _keyed(
    fields: Iterable[Chips], start_ns: int, rate_sps: int, carriers: Carriers
) -> Iterable[tuple[Piece, str]]:
    """Yield every chip; the phase generator advances with each, ON or OFF (rule 16)."""
    symbols = {chip_ns: on_symbol(chip_ns, rate_sps) for chip_ns in (2000, 500)}
    phases = scrambler(0x7F, 8192)
    count = 0
    for field in fields:
        for chip in field.chips:
            signed = _signed((1 - 2 * phases[count]) * chip, symbols[field.chip_ns])
            stop_ns = start_ns + field.chip_ns
            yield Piece(start_ns, stop_ns, signed, carriers), field.name
            start_ns, count = stop_ns, count + 1


def _signed(sign: int, wave: Wave) -> Wave:
    return lambda time_ns: sign * wave(time_ns)


def type1(psdu: bytes, rate_kbps: int, partial_id: int, *, protected: bool = False) -> Downlink:
    """Return a Type 1 (rule 17: 36 µs of padding when the frame is protected, else 20 µs)."""
    fields = [*_addressed(psdu, rate_kbps, partial_id), _ones("Padding", 36_000 if protected else 20_000)]
    return _assembled(fields, u_sig_bits(2))


def type2(
    psdu: bytes, bst_ns: int, *, multi_txop: int, session: int, station: int, wake_up: bool = True
) -> Downlink:
    """Return a Type 2, or without ``wake_up`` a Type 3."""
    fields = [
        Chips("AMP-Sync", MONO_SYNC, 2000),
        Chips("AMP-Data", manchester(octet_bits(psdu)), 2000),
        _ones("BST-Excitation", bst_ns),
    ]
    if wake_up:
        fields.insert(0, _ones("WUP-Excitation", 1_000_000))
    parts = mono_static_parts(multi_txop=multi_txop, session=session, station=station)
    return _assembled(fields, u_sig_bits(0, **parts))


def type4(psdu: bytes, excitation_ns: int, *, upper: bool = False) -> Downlink:
    """Return a Type 4 relative to the centre of its half (rule 18)."""
    tail = excitation_symbol(upper), -(-excitation_ns // 3200) * 3200
    return _assembled(_addressed(psdu, 250, 63), u_sig_bits(1, wide=True), excitation=tail)


def type5(psdu: bytes, partial_id: int, *, upper: bool = False) -> Downlink:
    """Return a Type 5 at 40 MS/s: non-AMP portion in both halves, AMP part in the primary one (rule 18)."""
    fields = [*_addressed(psdu, 250, partial_id), _ones("Padding", 20_000)]
    body_hz = HALF_HZ if upper else -HALF_HZ
    return _assembled(fields, u_sig_bits(1, wide=True), rate_sps=WIDE_SPS, body_hz=body_hz)


def sub1ghz_chips(psdu: bytes) -> Chips:
    """Return the chips of a sub-1 GHz PPDU, 8 µs each (rule 19)."""
    return Chips("AMP-Sync and AMP-Data", [*MONO_SYNC, *manchester(octet_bits(psdu))], 8000)
