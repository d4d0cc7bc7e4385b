"""A receiver's last stages in one pass: signals turned by their carriers, white noise, and a converter of 12 bits.

With the accelerator loops go over stretches that stay in a core's cache: two to three nanoseconds a sample instead of
the fifteen that arrays for every step take. Sample n of a stream is the same however the stream is cut, and with the
accelerator or without.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.channel.numbered_noise import BLOCK, COSINE, LANES, LOGARITHM, SINE, Key, noise_parts
from ampradio.channel.per_packet import Samples
from ampradio.channel.quick_noise import PHILOX
from ampradio.channel.turning import NO_TURNS, STEP, Codes, Oscillator, Parts, Turns, add_turned

CODES = 2048
TAPS = 65
_STRETCH = 32 * STEP
_NO_CODES: Codes = np.zeros((0, 2), np.int16)


@dataclass(frozen=True)
class Passband:
    """A filter of 65 real symmetric ``taps`` (float32), moved up by ``centre`` in cycles per sample."""

    taps: npt.NDArray[np.float32]
    centre: float


@dataclass(frozen=True)
class Signal:
    """``samples`` times ``gain``, turned by ``cycles`` a sample since sample 0 of the stream, after a ``passband``.

    ``samples`` are (n,) complex64, or codes (n, 2) of int16 whose upper 12 bits count; with a passband they begin 64
    samples earlier, and what passes is 32 later.
    """

    samples: Samples | Codes
    gain: float
    cycles: float = 0.0
    passband: Passband | None = None


def prepare() -> None:
    """Have the loops loaded, or compiled, before the first sample needs them."""
    accelerator.prepare(*(f"{__package__}.{name}_loops" for name in ("turning", "numbered_noise", "digitising")))


def digitised(signals: Iterable[Signal], first: int, count: int, noise_power: float, key: Key) -> Codes:
    """Return codes (count, 2) from -2048 to 2047 of all ``signals`` and of the noise under ``key``.

    Args:
        signals: what is heard of each over the same samples.
        first: number of the first sample in the stream.
        count: of samples.
        noise_power: mean of |noise|², in squares of a code.
        key: see :func:`ampradio.channel.numbered_noise.noise_key`.

    Raises:
        ValueError: a signal has not as many samples, first or count is negative, or the power is negative or none.
    """
    if not 0 <= noise_power < np.inf:
        raise ValueError(f"noise_power must not be negative, not {noise_power!r}")
    if first < 0 or count < 0:
        raise ValueError(f"first and count must not be negative, not {first!r} and {count!r}")
    heard = [_Heard(signal, first, count) for signal in signals]
    last = next((each for each in reversed(heard) if each.is_plain), None)  # what one loop adds on its way
    others = [each for each in heard if each is not last]
    amplitude = np.float32(np.sqrt(noise_power))
    codes: Codes = np.empty((count, 2), np.int16)
    stretch = _STRETCH if others else count
    for begin in range(0, count, max(stretch, 1)):
        part = codes[begin : begin + stretch]
        total: Parts = np.zeros((2, len(part) if others else 0), np.float32)
        for each in others:
            each.add(begin, begin + len(part), total)
        _convert(total, last, begin, amplitude, first + begin, key, part)
    return codes


class _Heard:
    """A signal with its oscillators over the samples ``first`` to ``first + count``."""

    def __init__(self, signal: Signal, first: int, count: int) -> None:
        before = 0 if signal.passband is None else TAPS - 1
        if len(signal.samples) != before + count:
            raise ValueError(f"need signals of {before + count} samples, not of {len(signal.samples)}")
        given = signal.samples  # loops are compiled for what is contiguous and may be written
        self._samples = given if given.flags.carray else given.copy()
        self._passband = signal.passband
        if self._passband is None:
            self._after = Oscillator(signal.gain, signal.cycles, first, count)
            return
        # a filter that is moved up is a real one between two oscillators
        centre = self._passband.centre
        delay = np.exp(-2j * np.pi * centre * (TAPS // 2))
        self._before = Oscillator(1.0, -centre, first - before, before + count)
        self._after = Oscillator(complex(signal.gain * delay), signal.cycles + centre, first, count)

    @property
    def is_plain(self) -> bool:
        """Whether it is codes without a filter."""
        return self._passband is None and self._samples.dtype == np.int16

    def between(self, begin: int, end: int) -> tuple[Samples | Codes, Turns]:
        """Return the samples from ``begin`` to ``end`` and how they turn, where nothing is filtered."""
        return self._samples[begin:end], self._after.between(begin, end)

    def add(self, begin: int, end: int, total: Parts) -> None:
        """Add what is heard from sample ``begin`` to ``end`` to ``total`` (2, end - begin)."""
        if self._passband is None:
            add_turned(*self.between(begin, end), total)
            return
        end_before = end + TAPS - 1
        moved: Parts = np.zeros((2, end_before - begin), np.float32)
        add_turned(self._samples[begin:end_before], self._before.between(begin, end_before), moved)
        add_turned(filtered(moved, self._passband.taps), self._after.between(begin, end), total)


def filtered(parts: Parts, taps: npt.NDArray[np.float32]) -> Parts:
    """Return ``parts`` (2, n + 64) through 65 symmetric ``taps``: (2, n)."""
    out: Parts = np.empty((2, parts.shape[1] - TAPS + 1), np.float32)
    if accelerator.is_on():
        from ampradio.channel.digitising_loops import filter_parts

        filter_parts(parts, taps, out)
        return out
    count = out.shape[1]
    np.multiply(parts[:, 32 : 32 + count], taps[32], out=out)
    for tap in range(0, 32, 4):
        one, two, three, four = (
            taps[tap + each] * (parts[:, tap + each :][:, :count] + parts[:, 64 - tap - each :][:, :count])
            for each in range(4)
        )
        out += (one + two) + (three + four)
    return out


def _convert(
    total: Parts, last: _Heard | None, begin: int, amplitude: np.float32, first: int, key: Key, out: Codes
) -> None:
    """Write codes of ``total``, of ``last`` from sample ``begin`` on, and of noise from number ``first`` on."""
    given, turns = (_NO_CODES, NO_TURNS) if last is None else last.between(begin, begin + len(out))
    if accelerator.is_on():
        from ampradio.channel.digitising_loops import digitise

        tables = (PHILOX, LOGARITHM, SINE, COSINE)
        signal = (given.view(np.int32)[:, 0], turns.ahead, turns.coarse, turns.fine)
        digitise(total, *signal, amplitude, first, LANES, BLOCK, key, *tables, out.view(np.uint32)[:, 0])
        return
    analogue: Parts = total if total.size else np.zeros((2, len(out)), np.float32)
    if last is not None:
        add_turned(given, turns, analogue)
    analogue += amplitude * noise_parts(key, first, len(out))
    np.clip(analogue, -CODES, CODES - 1, out=analogue)
    out[:] = np.rint(analogue).T
