"""The four tone generators (DDS) of the transmit core: what a PlutoSDR sends while no buffer is open."""

from __future__ import annotations

import errno
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio.radio.emulator.iio_tree import Refused, flag, integer, number

LABELS = ("TX1_I_F1", "TX1_I_F2", "TX1_Q_F1", "TX1_Q_F2")


@dataclass
class Tone:
    """One generator: scale · sin(2π f t + phase)."""

    frequency_hz: int = 0
    phase_mdeg: int = 0
    scale: float = 0.0
    on: bool = True

    def set_frequency(self, text: str, rate_sps: int) -> None:
        """Set the frequency, at most half the rate; raises Refused."""
        value = integer(text)
        if not 0 <= value <= rate_sps // 2:
            raise Refused(errno.EINVAL)
        # the phase accumulator has 16 bits
        self.frequency_hz = round(round(value * 65536 / rate_sps) * rate_sps / 65536)

    def set_phase(self, text: str) -> None:
        """Set the phase in thousandths of a degree; raises Refused."""
        value = integer(text)
        if not 0 <= value <= 360_000:
            raise Refused(errno.EINVAL)
        self.phase_mdeg = value

    def set_scale(self, text: str) -> None:
        """Set the amplitude, 1 is full scale; raises Refused."""
        value = number(text)
        if not 0 <= value <= 1:
            raise Refused(errno.EINVAL)
        self.scale = round(value * 16384) / 16384

    def set_on(self, text: str) -> None:
        """Switch it."""
        self.on = flag(text)


def are_sounding(tones: tuple[Tone, ...]) -> bool:
    """Return whether any of them is to be heard."""
    return any(tone.on and tone.scale > 0 for tone in tones)


def tones_at(tones: tuple[Tone, ...], first: int, count: int, rate_sps: int) -> npt.NDArray[np.complex64] | None:
    """Return samples ``first`` on of all generators, full scale 1; None when they are silent."""
    sounding = [(index, tone) for index, tone in enumerate(tones) if tone.on and tone.scale > 0]
    if not sounding:
        return None
    out = np.zeros(count, np.complex64)
    for index, tone in sounding:
        turns = tone.frequency_hz * ((first + np.arange(count)) % rate_sps) / rate_sps + tone.phase_mdeg / 360_000
        wave = (tone.scale * np.sin(2 * np.pi * turns)).astype(np.float32)
        if index < 2:
            out.real += wave
        else:
            out.imag += wave
    return np.clip(out.real, -1, 1) + 1j * np.clip(out.imag, -1, 1)
