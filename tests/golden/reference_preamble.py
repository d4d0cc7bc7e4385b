"""The non-AMP portion, tone by tone, from air-interface.md (section 2, rules 12 to 14) and IEEE 802.11."""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.golden.reference_coding import convolutional, interleaved, scrambler

SPACING_HZ = 312_500
PILOTS = {-21: 1, -7: 1, 7: 1, 21: -1}
STF = {-24: 1, -20: -1, -16: 1, -12: -1, -8: -1, -4: 1, 4: -1, 8: -1, 12: 1, 16: 1, 20: 1, 24: 1}
LTF_TEXT = "++--++-+-++++++--++-+-++++0+--++-+-+-----++--+-+-++++"  # 802.11 17.3.3, tones −26…26


@dataclass(frozen=True)
class Symbol:
    """One field, or one symbol of U-SIG: tones, duration and cyclic prefix in ns."""

    tones: Mapping[int, complex]
    duration_ns: int
    guard_ns: int

    def at(self, time_ns: float) -> complex:
        """Return the waveform, its power not scaled, ``time_ns`` after the field's start (rule 12)."""
        turn = 2j * math.pi * SPACING_HZ * (time_ns - self.guard_ns) * 1e-9
        return sum(value * cmath.exp(turn * tone) for tone, value in self.tones.items())


def l_length(txtime_ns: int) -> int:
    """Return 3·ceil((TXTIME − 6 µs − 20 µs)/4 µs) − 3 (section 2)."""
    return 3 * -(-(txtime_ns - 6_000 - 20_000) // 4_000) - 3


def _tones(highest: int) -> list[int]:
    return [tone for tone in range(-highest, highest + 1) if tone != 0 and tone not in PILOTS]


def _bpsk(bits: Sequence[int], highest: int, pilot: int) -> dict[int, complex]:
    polarity = 1 - 2 * scrambler(0x7F, 127)[pilot]
    tones: dict[int, complex] = {tone: 2 * bit - 1 for tone, bit in zip(_tones(highest), bits, strict=True)}
    tones.update({tone: polarity * value for tone, value in PILOTS.items()})
    return tones


def l_sig(length: int, pilot: int) -> Symbol:
    """Return L-SIG (``pilot`` 0) or RL-SIG (1): 6 Mb/s, BPSK, the extra tones of rule 13."""
    bits = [1, 1, 0, 1, 0, *(length >> place & 1 for place in range(12))]
    bits += [sum(bits) % 2, 0, 0, 0, 0, 0, 0]
    tones = _bpsk(interleaved(convolutional(bits), 16), 26, pilot)
    tones.update({-28: -1, -27: -1, 27: -1, 28: 1})
    return Symbol(tones, 4_000, 800)


def u_sig_bits(mode: int, *, wide: bool = False, part1: int = 0, part2: int = 0) -> list[int]:
    """Return the 52 bits of U-SIG (section 2, rule 13): version, BW, UL/DL, colour, TXOP, AMP Version, AMP Mode, …"""
    fields = (
        (0, 3), (int(wide), 3), (0, 1), (0, 6), (127, 7), (0, 1), (mode, 2), (part1, 3), (3, 2), (part2, 12), (1, 1),
        (1, 1),
    )  # fmt: skip
    bits = [value >> place & 1 for value, width in fields for place in range(width)]
    register = [1] * 8  # c7…c0 of HE-SIG-A: x^8 + x^2 + x + 1, preset ones
    for bit in bits:
        feedback = register[0] ^ bit
        register = [*register[1:], feedback]
        if feedback:
            register[-2] ^= 1
            register[-3] ^= 1
    return [*bits, *(1 - value for value in register[:4]), 0, 0, 0, 0, 0, 0]


def mono_static_parts(*, multi_txop: int, session: int, station: int) -> dict[str, int]:
    """Return the mode-dependent parts: Multi-TXOP, then 2 bits of Session ID; 12 LSB of the STA ID (rule 13)."""
    return {"part1": multi_txop | (session & 3) << 1, "part2": station & 0xFFF}


def non_amp(txtime_ns: int, u_sig: Sequence[int]) -> list[Symbol]:
    """Return L-STF, L-LTF, L-SIG, RL-SIG and the two symbols of U-SIG."""
    length = l_length(txtime_ns)
    signs = {"+": 1, "-": -1, "0": 0}
    coded = convolutional(u_sig)
    return [
        Symbol({tone: sign * (1 + 1j) for tone, sign in STF.items()}, 8_000, 0),
        Symbol({index - 26: signs[sign] for index, sign in enumerate(LTF_TEXT)}, 8_000, 1_600),
        l_sig(length, 0),
        l_sig(length, 1),
        Symbol(_bpsk(interleaved(coded[:52], 13), 28, 2), 4_000, 800),
        Symbol(_bpsk(interleaved(coded[52:], 13), 28, 3), 4_000, 800),
    ]
