"""Samples that tell their place: a pseudo-random sequence over and over, looked for in what was received."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

Samples = npt.NDArray[np.complex64]
Codes = npt.NDArray[np.int16]
PERIOD = 65_519  # a prime: blocks of no usual length begin at the same place twice in a row
_CHUNK = 256
_ENOUGH = 1024  # a carrier that is off turns little meanwhile
_ALIKE = 0.8  # of 1: noise and other senders take some


class Sequence:
    """The sequence of ``seed``; codes are (n, 2), ``period`` of them, of the converter's upper 12 bits."""

    def __init__(self, seed: int, longest: int, period: int = PERIOD) -> None:
        """Draw the sequence; ``longest`` is the length in samples of the longest block that will be asked for."""
        drawn = np.random.default_rng(seed).integers(-1200, 1200, (period, 2), np.int16)
        self.codes: Codes = drawn * np.int16(16)
        self._row = np.concatenate((drawn,) * (2 + longest // period))  # any block is a slice, wherever it begins
        self._samples: Samples = self._row.astype(np.float32).view(np.complex64)[:, 0]
        self._size = scipy.fft.next_fast_len(period + _ENOUGH)
        self._spectrum = scipy.fft.fft(self._samples[: period + _ENOUGH], self._size)
        self.period = period

    def place(self, block: Codes) -> int:
        """Return where in the sequence ``block`` begins, if it does anywhere."""
        samples = _samples(block[:_ENOUGH])
        likeness = scipy.fft.ifft(self._spectrum * scipy.fft.fft(samples, self._size).conj())
        return int(np.argmax(abs(likeness[: self.period])))

    def is_exactly(self, block: Codes, place: int) -> bool:
        """Return whether ``block`` is the sequence from ``place`` on, to the bit."""
        return bool(np.array_equal(block, self._row[place % self.period :][: len(block)]))

    def is_heard(self, block: Codes, place: int) -> bool:
        """Return whether every part of ``block`` is like the sequence from ``place`` on: no sample too many or few."""
        count = len(block) // _CHUNK * _CHUNK
        heard = _samples(block)[:count].reshape(-1, _CHUNK)
        sent = self._samples[place % self.period :][:count].reshape(-1, _CHUNK)
        alike = abs(np.einsum("ij,ij->i", heard, sent.conj()))
        levels = np.linalg.norm(heard, axis=1) * np.linalg.norm(sent, axis=1)
        return bool((alike > _ALIKE * levels).all())


def _samples(block: Codes) -> Samples:
    return np.ascontiguousarray(block).astype(np.float32).view(np.complex64)[:, 0]
