"""Samples made small enough to look at: mean power every 5 µs and a spectrum every 0.3 ms, within a share of the time.

What a run receives is only read. When looking would take more than ``SHARE_MAX`` of a thread's time, samples are
skipped and counted, so that the run does not wait for its picture.
"""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from scipy.fft import fft

from testbed.live.messages import LEVEL_FLOOR_DB, LEVEL_STEP_DB, Piece, Row

POINT_S = 5e-6
POINTS = 64
"""Points of a block; a block has one spectrum."""
BINS = 256
SEGMENTS = 4
SHARE_MAX = 0.05
AHEAD_S = 0.02
POINTS_MAX = 8192
PIECES_MAX = 512
_TINY = np.float32(1e-30)
_STEPS_A_BEL = np.float32(10.0 / LEVEL_STEP_DB)
_STEPS_TO_FLOOR = np.float32(0.5 - LEVEL_FLOOR_DB / LEVEL_STEP_DB)
_WINDOW = np.hanning(BINS + 1)[:-1].astype(np.float32)
_SCALE = 1.0 / float(_WINDOW.sum()) ** 2


def levels(power: npt.NDArray[np.float32]) -> bytes:
    """Return powers (n,) as one octet each, ``LEVEL_STEP_DB`` apart from ``LEVEL_FLOOR_DB`` up; no number is 0."""
    steps = np.log10(np.fmax(power, _TINY)) * _STEPS_A_BEL + _STEPS_TO_FLOOR
    return np.clip(steps, 0.0, 255.0).astype(np.uint8).tobytes()


def spectrum(samples: npt.NDArray[np.complex64]) -> npt.NDArray[np.float32]:
    """Return the mean power (256,) by frequency, lowest first; a tone of amplitude 1 in a bin's middle has 1.

    ``samples`` (n,), n ≥ 256, are looked at in four places at the most.
    """
    count = min(SEGMENTS, samples.size // BINS)
    seen = np.empty((count, BINS), np.complex64)
    for place in range(count):
        start = (samples.size - BINS) * place // max(count - 1, 1)
        np.multiply(samples[start : start + BINS], _WINDOW, out=seen[place])
    transformed = fft(seen, axis=1, overwrite_x=True)
    power: npt.NDArray[np.float32] = (transformed.real**2 + transformed.imag**2).sum(axis=0)
    half = BINS // 2
    return np.concatenate((power[half:], power[:half])) * np.float32(_SCALE / count)


class SampleTap:
    """Take a receive stream as it comes and give pieces and rows of it.

    ``step`` is the number of samples of a point.
    """

    def __init__(self, rate_sps: int, *, share_max: float = SHARE_MAX) -> None:
        self.step = max(BINS // POINTS, round(rate_sps * POINT_S))
        self.received = 0
        self.skipped = 0
        self._share_max = share_max
        self._block = np.empty(self.step * POINTS, np.complex64)
        self._fill = 0
        self._first = 0
        self._pieces: list[tuple[int, bytearray]] = []
        self._rows: list[Row] = []
        self._points = 0
        self._spent_s = 0.0
        self._began_s = time.perf_counter()

    def take(self, samples: npt.NDArray[np.complex64], first: int) -> None:
        """Look at ``samples`` (n,), the first of which is sample ``first`` of the stream, if there is time for it."""
        entered_s = time.perf_counter()
        self.received += samples.size
        if self._late(entered_s):
            self.skipped += samples.size
            return
        if self._fill and first != self._first + self._fill:
            self._finish_block()
        done = 0
        while done < samples.size:
            if not self._fill:
                self._first = first + done
            part = min(samples.size - done, self._block.size - self._fill)
            self._block[self._fill : self._fill + part] = samples[done : done + part]
            self._fill += part
            done += part
            if self._fill == self._block.size:
                self._finish_block()
        self._spent_s += time.perf_counter() - entered_s

    @property
    def full(self) -> bool:
        """Whether as much has gathered as a message should hold."""
        return self._points >= POINTS_MAX or len(self._pieces) >= PIECES_MAX

    def gathered(self) -> tuple[list[Piece], list[Row]]:
        """Return and forget what was made since the last call."""
        pieces, rows = [Piece(first, bytes(octets)) for first, octets in self._pieces], self._rows
        self._pieces, self._rows, self._points = [], [], 0
        return pieces, rows

    def finish(self) -> None:
        """Look at what is left of the last block."""
        self._finish_block()

    def _late(self, now_s: float) -> bool:
        return self._points >= 2 * POINTS_MAX or self._spent_s > AHEAD_S + self._share_max * (now_s - self._began_s)

    def _finish_block(self) -> None:
        block = self._block[: self._fill]
        whole = block.size // self.step
        self._fill = 0
        if whole:
            seen = block[: whole * self.step]
            # of the parts side by side, each squared once
            parts = seen.view(np.float32).reshape(whole, 2 * self.step)
            power = np.einsum("ij,ij->i", parts, parts) / np.float32(self.step)
            if self._pieces and self._pieces[-1][0] + len(self._pieces[-1][1]) * self.step == self._first:
                self._pieces[-1][1].extend(levels(power))
            else:
                self._pieces.append((self._first, bytearray(levels(power))))
            self._points += whole
        if block.size >= BINS:
            self._rows.append(Row(self._first, levels(spectrum(block))))
