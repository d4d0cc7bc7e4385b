"""One channel out of the AP's wide stream: its centre brought to zero, its band limited, every other sample kept.

An active tag at an indicated offset and either half of a bistatic exchange are received this way (rules 20 and 22).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

DECIMATION = 2
_STOP_DB = 90.0
_FINE = 64  # samples of the fine oscillator; the coarse one steps by as many


class UplinkChannel:
    """A mixer and a low-pass filter in front of a receiver at half of the sample rate.

    Sample m of the channel stands for the same stretch of time as samples 2m and 2m + 1 of the stream.
    """

    def __init__(self, offset_hz: float, rate_sps: int, pass_hz: float, stop_hz: float) -> None:
        """Take the channel at ``offset_hz``: flat to ``pass_hz`` either side, 90 dB down from ``stop_hz`` on.

        Raises ValueError when these do not fit ``rate_sps``.
        """
        if not 0 < pass_hz < stop_hz < rate_sps / 2 or abs(offset_hz) > rate_sps / 2:
            raise ValueError(f"no channel of {pass_hz:g} to {stop_hz:g} Hz at {offset_hz:g} Hz in {rate_sps} S/s")
        length, beta = signal.kaiserord(_STOP_DB, 2 * (stop_hz - pass_hz) / rate_sps)
        self._half = -(-int(length) // 2)
        cutoff = (pass_hz + stop_hz) / rate_sps
        self._taps = signal.firwin(2 * self._half, cutoff, window=("kaiser", beta)).astype(np.float32)
        self._turn = offset_hz / rate_sps
        self.rate_sps = rate_sps // DECIMATION
        self.noise_gain = float(np.sum(self._taps.astype(np.float64) ** 2))  # of the power of white noise

    def reads_from(self, first: int) -> int:
        """Return the first sample of the stream that sample ``first`` of the channel is made of."""
        return DECIMATION * first - self._half + 1

    def reads_to(self, stop: int) -> int:
        """Return the sample of the stream after the last that the channel before sample ``stop`` is made of."""
        return DECIMATION * (stop - 1) + self._half + 1

    def samples(
        self, stream: npt.NDArray[np.complex64], origin: int, first: int, stop: int
    ) -> npt.NDArray[np.complex64]:
        """Return samples ``first`` up to ``stop`` of the channel, (packets, stop − first).

        ``stream`` (packets, n) begins at stream sample ``origin``; what it does not hold is taken as zero.
        """
        begin, end = self.reads_from(first), self.reads_to(stop)
        held = stream[:, max(begin - origin, 0) : max(end - origin, 0)]
        before = min(max(origin - begin, 0), end - begin)
        # a zero goes before, so that of all sums the filter gives the ones wanted are the even ones
        mixed = np.zeros((stream.shape[0], 1 + end - begin), np.complex64)
        mixed[:, 1 + before : 1 + before + held.shape[1]] = held
        mixed[:, 1:] *= self._oscillator(begin, end - begin)
        sums: npt.NDArray[np.complex64] = signal.upfirdn(self._taps, mixed, down=DECIMATION, axis=1)
        return np.ascontiguousarray(sums[:, self._half : self._half + stop - first])

    def _oscillator(self, first: int, count: int) -> npt.NDArray[np.complex64]:
        """Return the phasors (count,) that turn the channel's centre to zero, phase 0 at stream sample 0."""
        begin = first // _FINE * _FINE
        coarse = self._turn * (begin + _FINE * np.arange(-(-(first + count - begin) // _FINE)))
        fine = self._turn * np.arange(_FINE)
        phasor = np.outer(_phasor(coarse), _phasor(fine)).reshape(-1)
        return phasor[first - begin : first - begin + count].astype(np.complex64)


def _phasor(turns: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    phasor: npt.NDArray[np.complex128] = np.exp(-2j * np.pi * (turns - np.rint(turns)))
    return phasor
