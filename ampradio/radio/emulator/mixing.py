"""Filters and mixers of the emulated air, over any stretch of a stream: what is turned by a sample's own index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

Samples = npt.NDArray[np.complex64]
TAPS = 65
_FRAME = 1024  # of the overlap-save
_STEP = _FRAME - TAPS + 1
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
    """Return what of ``samples`` passes, shorter by ``band.memory``; the caller's own to overwrite."""
    if band.is_whole:
        return samples.copy()
    count = samples.size - band.memory
    frames = -(-count // _STEP)
    padded = np.zeros((frames - 1) * _STEP + _FRAME, np.complex64)
    padded[: samples.size] = samples
    overlapping = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_STEP]
    spectra = scipy.fft.fft(overlapping, axis=-1)
    spectra *= scipy.fft.fft(_band_pass(band.low, band.high), _FRAME)
    filtered = scipy.fft.ifft(spectra, axis=-1, overwrite_x=True)
    return np.ascontiguousarray(filtered[:, TAPS - 1 :]).reshape(-1)[:count]


def turned(samples: Samples, cycles: float, first: int) -> Samples:
    """Return ``samples`` turned by ``cycles`` per sample, by as much at sample ``first`` as since sample 0."""
    start = (cycles * (first % _FINE) + (cycles * _FINE) % 1.0 * (first // _FINE)) % 1.0
    coarse = _phasor(start + cycles * _FINE % 1.0 * np.arange(-(-samples.size // _FINE)))
    oscillator = coarse[:, np.newaxis] * _phasor(cycles * np.arange(_FINE))
    out = oscillator.reshape(-1)[: samples.size]
    out *= samples
    return out


def _phasor(turns: npt.NDArray[np.float64]) -> Samples:
    phasor: Samples = np.exp(2j * np.pi * (turns - np.rint(turns))).astype(np.complex64)
    return phasor


def _band_pass(low: float, high: float) -> Samples:
    """Return a windowed sinc that passes ``low`` to ``high``, in cycles per sample."""
    places = np.arange(TAPS) - (TAPS - 1) / 2
    shape: npt.NDArray[np.float64] = (high - low) * np.sinc((high - low) * places) * np.kaiser(TAPS, 7.0)
    taps: Samples = (shape * np.exp(1j * np.pi * (low + high) * places)).astype(np.complex64)
    return taps
