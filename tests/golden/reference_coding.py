"""Scrambler, convolutional code, interleaver and Manchester, one bit at a time, from air-interface.md and 802.11."""

from __future__ import annotations

from collections.abc import Sequence

SCRAMBLER_SEEDS = (0x7F, 0x53, 0x2B, 0x19)  # section 3
TAIL = [0] * 6  # section 3


def chips_of(text: str) -> list[int]:
    """Return the chips of a word of the page, leftmost first (rule 15)."""
    return [int(character) for character in text]


def manchester(bits: Sequence[int]) -> list[int]:
    """Return data 1 as 01 (OFF, ON) and 0 as 10 (section 2)."""
    return [chip for bit in bits for chip in ((0, 1) if bit else (1, 0))]


def scrambler(seed: int, count: int) -> list[int]:
    """Return x^7 + x^4 + 1, state x7…x1 = seed MSB…LSB, output x7 ⊕ x4 (rule 21)."""
    state, out = seed, []
    for _ in range(count):
        bit = (state >> 6 ^ state >> 3) & 1
        state = (state << 1 | bit) & 0x7F
        out.append(bit)
    return out


def convolutional(bits: Sequence[int]) -> list[int]:
    """Return the code K = 7, 133 and 171 octal, output A then B (section 3, rule 21)."""
    past = [0] * 6
    coded = []
    for bit in bits:
        window = [bit, *past]
        coded.append(sum(tap * value for tap, value in zip((1, 0, 1, 1, 0, 1, 1), window, strict=True)) % 2)
        coded.append(sum(tap * value for tap, value in zip((1, 1, 1, 1, 0, 0, 1), window, strict=True)) % 2)
        past = window[:6]
    return coded


def interleaved(bits: Sequence[int], columns: int) -> list[int]:
    """Return the BPSK interleaver of 802.11: bit k goes to (n/columns)·(k mod columns) + floor(k/columns)."""
    out = [0] * len(bits)
    for index, bit in enumerate(bits):
        out[len(bits) // columns * (index % columns) + index // columns] = bit
    return out


def active_uplink_bits(psdu_bits: Sequence[int], seed_index: int, *, coded: bool) -> list[int]:
    """Return the bits that an active tag Manchester codes: scrambled, below 4 Mb/s coded with a tail (rule 21)."""
    stream = scrambler(SCRAMBLER_SEEDS[seed_index], len(psdu_bits))
    scrambled = [bit ^ other for bit, other in zip(psdu_bits, stream, strict=True)]
    return convolutional([*scrambled, *TAIL]) if coded else scrambled
