"""Where a known sequence lies in received samples: how the transmit stream is aligned to the receive counter.

The sequence is Zadoff-Chu's: constant amplitude, and nothing but noise beside its correlation peak. Source: D. C. Chu,
"Polyphase codes with good periodic correlation properties", IEEE Trans. Inf. Theory 18(4), 1972.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from ampradio.radio.interface import Samples

LENGTH = 1021
_ROOT = 25
_LEAST_PEAK_DB = 15.0  # above the mean: in noise alone 2^16 places reach 15 dB once in 10^9 searches


@dataclass(frozen=True)
class Found:
    """A place: ``at`` the first sample, ``fraction`` of a sample behind it, ``peak_db`` above the correlation's mean.

    ``likeness`` is the share of the power there that is the sequence: 1 for nothing else. ``gain`` is the complex
    factor from the sequence as sent to what was received.
    """

    at: int
    fraction: float
    peak_db: float
    likeness: float
    gain: complex


@functools.cache
def sync_sequence(amplitude: float = 0.5) -> Samples:
    """Return the sequence, complex64 of shape (1021,)."""
    places = np.arange(LENGTH)
    out: Samples = (amplitude * np.exp(-1j * np.pi * _ROOT * places * (places + 1) / LENGTH)).astype(np.complex64)
    return out


def find(known: Samples, heard: Samples) -> Found | None:
    """Return where ``known`` lies wholly within ``heard``, or None when no place stands out."""
    count = heard.size - known.size + 1
    if count < 2:
        return None
    correlation = _correlation(known, heard)[:count]
    power = np.abs(correlation) ** 2
    at = int(np.argmax(power))
    mean = float((power.sum() - power[at]) / (count - 1))
    if power[at] <= 0:
        return None
    # in the digital loopback there may be nothing but the sequence
    peak_db = 10 * float(np.log10(power[at] / max(mean, 1e-30)))
    if peak_db < _LEAST_PEAK_DB:
        return None
    energy = float(np.vdot(known, known).real)
    there = heard[at : at + known.size]
    likeness = float(power[at]) / (energy * float(np.vdot(there, there).real))
    return Found(at, _between(power, at), peak_db, likeness, complex(correlation[at]) / energy)


def _correlation(known: Samples, heard: Samples) -> npt.NDArray[np.complex64]:
    """Return the circular correlation; what wraps around lies behind the places where ``known`` fits in whole."""
    size = fft.next_fast_len(heard.size)
    spectrum = fft.fft(np.asarray(heard, np.complex64), size)
    spectrum *= np.conj(fft.fft(np.asarray(known, np.complex64), size))
    out: npt.NDArray[np.complex64] = fft.ifft(spectrum, overwrite_x=True)
    return out


def _between(power: npt.NDArray[np.float32], at: int) -> float:
    """Return how far the peak of a parabola through three points lies behind the middle one."""
    if not 0 < at < power.size - 1:
        return 0.0
    before, peak, after = np.sqrt(power[at - 1 : at + 2])
    bend = before - 2 * peak + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
