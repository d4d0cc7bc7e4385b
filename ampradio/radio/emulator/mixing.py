"""Filters and mixers of the emulated air, over any stretch of a stream: what is turned by a sample's own index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

Samples = npt.NDArray[np.complex64]
TAPS = 65
_FRAME = 1024  # of the overlap-save
_STEP = _FRAME - TAPS + 1
_AT_ONCE = 16  # frames: what stays in a core's cache
_FINE = 64  # samples of the fine oscillator; the coarse one steps by as many
_WHOLE = 0.98  # of the band: a filter would change nothing that it can


@dataclass(frozen=True)
class Band:
    """What passes, ``low`` to ``high`` in cycles per sample of the sender, and how far it is shifted then.

    ``shift`` is in cycles per sample of the receiver.
    """

    low: float
    high: float
    shift: float

    @property
    def is_whole(self) -> bool:
        """Whether everything passes."""
        return self.high - self.low >= _WHOLE

    @property
    def memory(self) -> int:
        """How many samples before the first of the result ``passed`` wants."""
        return 0 if self.is_whole else TAPS - 1


def passed(samples: Samples, band: Band) -> Samples:
    """Return what of ``samples`` passes, shorter by ``band.memory``; not to be written to."""
    if band.is_whole:
        return samples
    count = samples.size - band.memory
    response = _response(band.low, band.high)
    out = np.empty(count, np.complex64)
    for begin in range(0, count, _AT_ONCE * _STEP):
        part = out[begin : begin + _AT_ONCE * _STEP]
        frames = -(-part.size // _STEP)
        entered = samples[begin : begin + (frames - 1) * _STEP + _FRAME]
        short = (frames - 1) * _STEP + _FRAME - entered.size
        if short:
            entered = np.concatenate((entered, np.zeros(short, np.complex64)))
        overlapping = np.lib.stride_tricks.as_strided(entered, (frames, _FRAME), (_STEP * 8, 8), writeable=False)
        spectra = scipy.fft.fft(overlapping, axis=-1)
        spectra *= response
        filtered = scipy.fft.ifft(spectra, axis=-1, overwrite_x=True)
        part[:] = filtered[:, TAPS - 1 :].reshape(-1)[: part.size]
    return out


def mixed(samples: Samples, gain: float, cycles: float, first: int) -> Samples:
    """Return ``samples`` times ``gain``, turned by ``cycles`` a sample since sample 0; they begin at ``first``."""
    if not cycles:
        return samples * np.float32(gain)
    step = cycles * _FINE % 1.0
    start = cycles * (first % _FINE) + step * (first // _FINE)  # small numbers, or they lose the phase
    coarse = _phasor(start + step * np.arange(-(-samples.size // _FINE)))
    coarse *= np.float32(gain)
    oscillator = coarse[:, np.newaxis] * _phasor(cycles * np.arange(_FINE))
    out = oscillator.reshape(-1)[: samples.size]
    out *= samples
    return out


def _phasor(turns: npt.NDArray[np.float64]) -> Samples:
    phasor: Samples = np.exp(2j * np.pi * (turns - np.rint(turns))).astype(np.complex64)
    return phasor


@lru_cache(maxsize=256)
def _response(low: float, high: float) -> Samples:
    places = np.arange(TAPS) - (TAPS - 1) / 2
    taps = (real_taps(high - low) * np.exp(1j * np.pi * (low + high) * places)).astype(np.complex64)
    response: Samples = scipy.fft.fft(taps, _FRAME)
    return response


@lru_cache(maxsize=256)
def real_taps(width: float) -> npt.NDArray[np.float64]:
    """Return a windowed sinc (TAPS,) that passes ``width`` cycles per sample, half of them on each side of zero."""
    places = np.arange(TAPS) - (TAPS - 1) / 2
    return np.asarray(width * np.sinc(width * places) * np.kaiser(TAPS, 7.0))
