"""Octets, sizes and check sequences of frames within compiled loops: ``psdu`` and ``frame_check`` as tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.phy.scrambler import sequence
from ampradio.profile.model import Mac
from ampradio.psdu import crc16, frame_octets

_Octets = npt.NDArray[np.uint8]
_Whole = npt.NDArray[np.int64]
_LENGTH_AT = 3  # the octet of a header that Length is in
_ALL_ONES = 0xFFFF  # preset, and taken the complement of


@dataclass(frozen=True, eq=False)
class FrameTables:
    """What a loop needs to tell frames.

    ``crc`` (256,) is the check sequence of each octet after zeros; ``sizes`` (2, 256) the octets of a frame by its
    first octet, 0 unless that alone tells, and by the octet with its Length; ``whitening`` (bits,) is xored with the
    bits; ``short`` are the octets of a short frame.
    """

    crc: _Whole
    sizes: _Whole
    whitening: _Octets
    short: int


@lru_cache(maxsize=64)
def frame_tables(mac: Mac, seed: int | None) -> FrameTables:
    """Return the tables for frames scrambled with ``seed``, None for none."""
    octets = np.arange(256)
    crc = np.zeros(256, np.int64)
    for octet in octets.tolist():
        crc[octet ^ 0xFF] = crc16(bytes([octet])) ^ _ALL_ONES ^ (_ALL_ONES >> 8)
    first = np.array([frame_octets(mac, bytes([octet])) or 0 for octet in octets.tolist()], np.int64)
    longer = int(np.flatnonzero(first == 0)[0])
    header = [bytes([longer, 0, 0, octet, 0]) for octet in octets.tolist()]
    sizes = np.stack((first, [frame_octets(mac, each) or 0 for each in header]))
    bits = 8 * int(sizes.max())
    whitening = np.zeros(bits, np.uint8) if seed is None else sequence(seed, bits)
    return FrameTables(crc, sizes, whitening, mac.short_frame_octets)


@compiled()
def octets_of_bits(bits: _Octets, whitening: _Octets, out: _Octets) -> None:
    """Write the octets (n,) of ``bits``, LSB first, ``whitening`` taken off, into ``out``."""
    for octet in range(out.size):
        value = 0
        for bit in range(8):
            value |= int(bits[8 * octet + bit] ^ whitening[8 * octet + bit]) << bit
        out[octet] = value


@compiled()
def size_of_frame(start: _Octets, sizes: _Whole) -> int:
    """Return the octets of the frame that begins with ``start``, the octets that tell."""
    first = sizes[0, start[0]]
    return int(first if first else sizes[1, start[_LENGTH_AT]])


@compiled()
def holds(psdu: _Octets, crc: _Whole, short: int) -> bool:
    """Return whether the check sequence of ``psdu`` is right: of ``short`` octets, the octet that would come first."""
    checks = 1 if psdu.size == short else 2
    register = _ALL_ONES
    for octet in psdu[: psdu.size - checks]:
        register = (register >> 8) ^ crc[(register ^ octet) & 0xFF]
    register ^= _ALL_ONES
    if psdu[psdu.size - checks] != register & 0xFF:
        return False
    return checks == 1 or psdu[psdu.size - 1] == register >> 8
