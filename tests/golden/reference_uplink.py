"""Uplink PPDUs, chip by chip and sample by sample, from air-interface.md (section 3, rules 19 to 24)."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

from tests.golden.reference_coding import active_uplink_bits, chips_of, manchester
from tests.golden.reference_frames import octet_bits

SYNC = chips_of("101011001001110101011110110111000100001110010000")
MONO_SYNC = chips_of("11010100") * 3
ACTIVE_CHIP_NS = {250: 1000, 1000: 250, 4000: 125}
BACKSCATTER_CHIP_NS = {250: 2000, 1000: 500}


def active_chips(psdu: bytes, rate_kbps: int, seed_index: int) -> list[int]:
    """Return AMP-Sync and AMP-Data of an active tag (rule 21)."""
    bits = active_uplink_bits(octet_bits(psdu), seed_index, coded=rate_kbps != 4000)
    return [*SYNC, *manchester(bits)]


def mono_static_chips(psdu: bytes) -> list[int]:
    """Return AMP-Sync and AMP-Data of a mono-static tag: neither scrambled nor coded (rule 21)."""
    return [*MONO_SYNC, *manchester(octet_bits(psdu))]


def bistatic_chips(psdu: bytes) -> list[int]:
    """Return AMP-Sync and AMP-Data of a bistatic tag: neither scrambled nor coded (rule 21)."""
    return [*SYNC, *manchester(octet_bits(psdu))]


def levels(
    chips: Sequence[int], chip_ns: int, rate_sps: int, *, start_ns: float = 0.0, ppm: float = 0.0
) -> list[float]:
    """Return how far ON each sample is: a rectangular waveform's mean over the sample (rules 20 and 23).

    Its first edge is at ``start_ns``; every chip lasts ``chip_ns``·(1 + ppm·10⁻⁶).
    """
    per_chip = chip_ns * (1 + ppm * 1e-6) * rate_sps * 1e-9
    edge = start_ns * rate_sps * 1e-9
    out = [0.0] * math.ceil(edge + per_chip * len(chips) - 1e-9)
    for index, chip in enumerate(chips):
        if chip:
            _add(out, edge + index * per_chip, edge + (index + 1) * per_chip)
    return out


def _add(out: list[float], start: float, stop: float) -> None:
    for sample in range(math.floor(start), min(math.ceil(stop), len(out))):
        out[sample] += max(min(stop, sample + 1.0) - max(start, float(sample)), 0.0)


def turning(samples: Sequence[complex], offset_hz: float, rate_sps: int, phase: float = 0.0) -> list[complex]:
    """Return ``samples`` times a carrier ``offset_hz`` off, ``phase`` radians at sample 0."""
    step = 2 * math.pi * offset_hz / rate_sps
    return [value * cmath.exp(1j * (phase + step * index)) for index, value in enumerate(samples)]
