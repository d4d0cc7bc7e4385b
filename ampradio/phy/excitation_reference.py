"""The bistatic excitation as the AP hears it directly: symbol timing and carrier of an energizer that is not its own.

The direct path lies in the other half of the channel, tens of dB above any reply. What it teaches is wiped off the
reply, which is the same symbol keyed by the tag, later by the way over the tag (rules 18 and 22).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ampradio.profile.airtime import samples as samples_in
from ampradio.profile.model import Profile

LEARNT_SYMBOLS = 16
PATH_MAX_NS = 150  # by which a reply over the tag is later than the direct path
_LIKE = 0.3  # least part of the power heard that the known symbol explains
_FINER = 8  # steps per sample in which a delay is looked for
_TOGETHER = 8  # symbols in which no clock moves a symbol by a tenth of a sample
_STRAY = 2  # carriers by which the energizer may be off, beyond what one symbol tells from the next


@dataclass(frozen=True)
class Excitation:
    """Per packet: where a symbol begins (samples, 0 up to a period), its carrier, and whether one was heard at all.

    ``spectrum`` (period,) holds the symbol's carriers as an FFT orders them. By the energizer's own clock a symbol
    begins ``drift`` samples later per sample; ``delay`` holds at sample 0.
    """

    spectrum: npt.NDArray[np.complex128]
    heard: npt.NDArray[np.bool_]
    delay: npt.NDArray[np.float64]
    turn: npt.NDArray[np.float64]  # cycles per sample
    drift: npt.NDArray[np.float64]

    def of(self, rows: npt.NDArray[np.intp]) -> Excitation:
        """Return that of some packets."""
        return Excitation(self.spectrum, self.heard[rows], self.delay[rows], self.turn[rows], self.drift[rows])

    def later(self, delay: npt.NDArray[np.float64] | float) -> Excitation:
        """Return it ``delay`` samples later."""
        return replace(self, delay=self.delay + delay)

    def drifting(self, late: Excitation, middle: float, apart: float) -> Excitation:
        """Return what was heard about sample ``middle`` with the drift to what was heard ``apart`` samples ``late``.

        Where nothing was heard then, it stays as it is.
        """
        size = self.spectrum.size
        moved = (late.delay - self.delay + 0.5 * size) % size - 0.5 * size
        drift = np.where(late.heard, moved / apart, self.drift)
        return replace(self, delay=self.delay + (self.drift - drift) * middle, drift=drift)

    def wave(self, first: npt.NDArray[np.intp], count: int, finer: int = 1) -> npt.NDArray[np.complex64]:
        """Return ``count`` samples of it, (packets, count), from sample ``first`` (packets,) on; mean power 1.

        ``finer``: so many times finer than samples, each fine one in the middle of its part of a sample.
        """
        size = self.spectrum.size
        index = np.fft.fftfreq(size, 1 / size).astype(np.intp)
        lots = -(-count // (_TOGETHER * size))
        middle = first[:, np.newaxis] + _TOGETHER * size * (np.arange(lots) + 0.5)
        begun = self.delay[:, np.newaxis] + self.drift[:, np.newaxis] * middle - first[:, np.newaxis]
        begun += 0.5 * (1 - 1 / finer)
        carriers = np.zeros((first.size, lots, finer * size), np.complex128)
        carriers[..., index] = self.spectrum * np.exp(-2j * np.pi / size * begun[..., np.newaxis] * index)
        period = (np.fft.ifft(carriers, axis=2) * (finer * size)).astype(np.complex64)
        whole = np.repeat(period[:, :, np.newaxis], _TOGETHER, axis=2).reshape(first.size, -1)[:, : finer * count]
        turns = self.turn[:, np.newaxis] * (first[:, np.newaxis] + (np.arange(finer * count) + 0.5) / finer - 0.5)
        wave: npt.NDArray[np.complex64] = (whole * np.exp(2j * np.pi * (turns - np.rint(turns)))).astype(np.complex64)
        return wave


def symbol_spectrum(profile: Profile, rate_sps: int, upper: bool) -> npt.NDArray[np.complex128]:
    """Return the carriers of the excitation in FFT order, (period,), of mean power 1 in time.

    ``upper`` when the excitation is in the upper half: the order is reversed there. Raises ValueError when a symbol is
    not whole samples.
    """
    settings = profile.downlink
    values = np.array([*settings.bistatic_lower, 0, *settings.bistatic_upper], np.complex128)
    if upper:
        values = values[::-1]
    spectrum = np.zeros(samples_in(settings.bistatic_symbol_ns, rate_sps), np.complex128)
    spectrum[np.arange(values.size) - len(settings.bistatic_lower)] = values
    unit: npt.NDArray[np.complex128] = spectrum / np.sqrt(np.sum(np.abs(spectrum) ** 2))
    return unit


def heard_directly(spectrum: npt.NDArray[np.complex128], direct: npt.NDArray[np.complex64]) -> Excitation:
    """Return what ``direct`` (packets, whole symbols), the half in which the excitation is, tells of it."""
    packets, size = direct.shape[0], spectrum.size
    lagged = np.add.reduce(direct[:, size:] * direct[:, :-size].conj(), axis=1)
    turn = np.angle(lagged).astype(np.float64) / (2 * np.pi * size)
    still = direct * np.exp(-2j * np.pi * turn[:, np.newaxis] * np.arange(direct.shape[1]))
    folded = np.add.reduce(still.reshape(packets, -1, size), axis=1)
    carriers = np.fft.fft(folded, axis=1)
    power = np.sum(np.abs(carriers) ** 2, axis=1)
    best, delay, stray = np.zeros(packets), np.zeros(packets), np.zeros(packets)
    for off in range(-_STRAY, _STRAY + 1):
        product = np.roll(carriers, -off, axis=1) * spectrum.conj()
        at, peak = peak_delay(product, 0.0, float(size))
        better = peak > best
        best, delay = np.where(better, peak, best), np.where(better, at, delay)
        stray = np.where(better, off, stray)
    heard = best**2 > _LIKE * power
    return Excitation(spectrum, heard, delay % size, turn + stray / size, np.zeros(packets))


def peak_delay(
    product: npt.NDArray[np.complex128], low: float, high: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the delay in samples, from ``low`` up to ``high``, at which ``product`` (packets, carriers) adds up best.

    ``product`` is a spectrum received times the conjugate of the one sent; also returned is what it adds up to.
    """
    size = product.shape[1]
    grid = np.arange(round(low * _FINER) - 1, round(high * _FINER) + 1) / _FINER
    turn = np.exp(2j * np.pi * np.outer(np.fft.fftfreq(size, 1 / size), grid) / size)
    strength = np.abs(product @ turn)
    at = 1 + np.argmax(strength[:, 1:-1], axis=1)
    rows = np.arange(product.shape[0])
    before, here, after = strength[rows, at - 1], strength[rows, at], strength[rows, at + 1]
    bend = np.minimum(before - 2 * here + after, -np.finfo(np.float64).tiny)
    return grid[at] + 0.5 * np.clip((before - after) / bend, -1, 1) / _FINER, here
