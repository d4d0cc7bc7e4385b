"""Emulated PlutoSDRs for tests, and what their unmodified clients are set to."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import adi
import numpy as np
import numpy.typing as npt

from ampradio.radio.emulator import EmulatedNetwork
from ampradio.radio.emulator.front_end import Board

RATE_SPS = 1_000_000
LO_HZ = 2_400_000_000
BLOCK = 8192
Samples = npt.NDArray[np.complex128]


@contextlib.contextmanager
def pluto(uri: str, *, gain_db: int = 30, block: int = BLOCK) -> Iterator[Any]:
    """An adi.Pluto at 1 MS/s and 2.4 GHz with manual gain; its buffers are gone before its context."""
    radio = adi.Pluto(uri)
    radio.sample_rate = RATE_SPS
    radio.rx_lo = radio.tx_lo = LO_HZ
    radio.gain_control_mode_chan0 = "manual"
    radio.rx_hardwaregain_chan0 = gain_db
    radio.tx_hardwaregain_chan0 = 0
    radio.rx_buffer_size = block
    try:
        yield radio
    finally:
        radio.rx_destroy_buffer()
        radio.tx_destroy_buffer()


def tone(cycles: int, count: int = BLOCK, amplitude: float = 2.0**14) -> Samples:
    """A tone with so many cycles in ``count`` samples, in codes of the converter."""
    return amplitude * np.exp(2j * np.pi * cycles * np.arange(count) / count)


def fresh(radio: Any, stale: int = 6) -> Samples:
    """A block captured after the caller's last change: the four kernel buffers and one more may be older."""
    for _ in range(stale):
        block: Samples = radio.rx()
    return block


def peak_cycles(block: Samples) -> int:
    """The strongest frequency, in cycles per block, negative ones below 0."""
    place = int(np.argmax(abs(np.fft.fft(block))))
    return place if place < block.size / 2 else place - block.size


def rms_dbfs(block: Samples) -> float:
    """The level beside a tone that just fills 12 bits."""
    return 10 * math.log10(float(np.mean(abs(block) ** 2)) / 2048**2)


def network(count: int | Sequence[Board] = 1, **more: Any) -> EmulatedNetwork:
    """Emulated radios on free ports, in elastic time unless said otherwise."""
    return EmulatedNetwork(count, **{"elastic": True, **more})
