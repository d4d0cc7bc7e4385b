"""Digitising as plain loops, for the accelerator: the same operations in the same order as in ``digitising``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.channel.numbered_noise_loops import PART, gaussian, next_words
from ampradio.channel.quick_noise_loops import draw
from ampradio.channel.turning_loops import add_cell, turned_code

_Reals = npt.NDArray[np.float32]
_Words = npt.NDArray[np.uint64]
_LEAST, _MOST = np.float32(-2048), np.float32(2047)
_ROUNDING = np.float32(3 << 22)  # added and taken away it rounds to even, in registers
_I = np.int32
_ONE = np.float32(1)


@compiled()
def rounded(i: np.float32, q: np.float32) -> np.uint32:
    """Return both branches as a code, I below and Q above."""
    i, q = i if i > _LEAST else _LEAST, q if q > _LEAST else _LEAST
    i, q = i if i < _MOST else _MOST, q if q < _MOST else _MOST
    i, q = (i + _ROUNDING) - _ROUNDING, (q + _ROUNDING) - _ROUNDING
    return np.uint32((np.uint32(_I(i)) & np.uint32(0xFFFF)) | np.uint32(np.uint32(_I(q)) << np.uint32(16)))


@compiled("void(float32[:, ::1], float32[::1], float32[:, ::1])")
def filter_parts(parts: _Reals, taps: _Reals, out: _Reals) -> None:
    """Write both rows of ``parts`` (2, n + 64) through a filter of 65 symmetric ``taps`` into ``out`` (2, n)."""
    size = out.shape[1]
    for row in range(2):
        given, taken = parts[row], out[row]
        for begin in range(0, size, PART):
            count = min(PART, size - begin)
            here, there = given[begin : begin + count + 64], taken[begin : begin + count]
            middle = here[32 : 32 + count]
            for each in range(count):
                there[each] = taps[32] * middle[each]
            for tap in range(0, 32, 4):
                one, two, three, four = taps[tap], taps[tap + 1], taps[tap + 2], taps[tap + 3]
                a, h = here[tap : tap + count], here[64 - tap : 64 - tap + count]
                b, g = here[tap + 1 : tap + 1 + count], here[63 - tap : 63 - tap + count]
                c, f = here[tap + 2 : tap + 2 + count], here[62 - tap : 62 - tap + count]
                d, e = here[tap + 3 : tap + 3 + count], here[61 - tap : 61 - tap + count]
                for each in range(count):
                    outer = one * (a[each] + h[each]) + two * (b[each] + g[each])
                    there[each] += outer + (three * (c[each] + f[each]) + four * (d[each] + e[each]))


@compiled()
def convert_part(
    numbers: _Reals,
    words: npt.NDArray[np.uint32],
    logarithm: _Reals,
    sine: _Reals,
    cosine: _Reals,
    in_phase: _Reals,
    quadrature: _Reals,
    amplitude: np.float32,
    out: npt.NDArray[np.uint32],
) -> None:
    """Write codes of both branches (n,) plus ``amplitude`` times the noise of ``numbers`` and ``words`` into ``out``.

    ``numbers`` are used up.
    """
    bits = numbers.view(np.int32)
    for each in range(out.size):
        whole = bits[each]
        bits[each] = (whole & _I(0x7FFFFF)) | _I(0x3F800000)
        part = numbers[each] - _ONE
        real, imag = gaussian(whole, part, words[each], logarithm, sine, cosine)
        out[each] = rounded(in_phase[each] + amplitude * real, quadrature[each] + amplitude * imag)


@compiled()
def convert_codes(
    numbers: _Reals,
    words: npt.NDArray[np.uint32],
    logarithm: _Reals,
    sine: _Reals,
    cosine: _Reals,
    codes: npt.NDArray[np.int32],
    level: np.complex64,
    x: _Reals,
    y: _Reals,
    amplitude: np.float32,
    out: npt.NDArray[np.uint32],
) -> None:
    """Do both at once: ``codes`` (n,), turned as in ``add_cell``, and the noise as in ``convert_part``."""
    bits, c, s = numbers.view(np.int32), level.real, level.imag
    for each in range(out.size):
        whole = bits[each]
        bits[each] = (whole & _I(0x7FFFFF)) | _I(0x3F800000)
        part = numbers[each] - _ONE
        real, imag = gaussian(whole, part, words[each], logarithm, sine, cosine)
        i, q = turned_code(codes[each], c, s, x[each], y[each])
        out[each] = rounded(i + amplitude * real, q + amplitude * imag)


@compiled(
    "void(float32[:, ::1], int32[::1], int64, complex64[::1], float32[:, ::1], float32, int64, int64, int64,"
    " uint64[::1], uint64[::1], float32[::1], float32[::1], float32[::1], uint32[::1])"
)
def digitise(
    total: _Reals,
    codes: npt.NDArray[np.int32],
    ahead: int,
    coarse: npt.NDArray[np.complex64],
    fine: _Reals,
    amplitude: np.float32,
    first: int,
    lanes: int,
    block_samples: int,
    key: _Words,
    philox: _Words,
    logarithm: _Reals,
    sine: _Reals,
    cosine: _Reals,
    out: npt.NDArray[np.uint32],
) -> None:
    """Write codes of all that there is at samples ``first`` on into ``out`` (n,): 12 bits of I below, Q above.

    That is ``total`` (2, n), ``codes`` (n,) turned as in ``add_codes``, each of which may be of no samples instead,
    and ``amplitude`` times the noise. ``PART`` divides a step of ``fine``.
    """
    state, words = np.empty((4, lanes), np.uint32), np.empty(PART, np.uint32)
    numbers, level, step = np.empty(PART, np.float32), np.empty((2, PART), np.float32), fine.shape[1]
    whole_i, whole_q, x, y = total[0], total[1], fine[0], fine[1]
    end = first + out.size
    for block in range(first // block_samples, (end + block_samples - 1) // block_samples):
        draw(block * lanes, key, philox, lanes, state)
        for begin in range(block * block_samples, min((block + 1) * block_samples, end), PART):
            low, high = max(begin, first), min(begin + PART, end)
            next_words(state, words, numbers)
            if low >= high:
                continue
            size, place, part = high - low, slice(low - first, high - first), slice(low - begin, high - begin)
            in_phase, quadrature = level[0][:size], level[1][:size]
            tables = (logarithm, sine, cosine)
            cell = (ahead + low - first) // step
            turned = slice(ahead + low - first - cell * step, ahead + high - first - cell * step)
            if codes.size and not whole_i.size:
                given, level_of, fine_i, fine_q = codes[place], coarse[cell], x[turned], y[turned]
                convert_codes(
                    numbers[part], words[part], *tables, given, level_of, fine_i, fine_q, amplitude, out[place]
                )
                continue
            if whole_i.size:
                in_phase[:], quadrature[:] = whole_i[place], whole_q[place]
            else:
                in_phase[:], quadrature[:] = np.float32(0), np.float32(0)
            if codes.size:
                add_cell(codes[place], coarse[cell], x[turned], y[turned], in_phase, quadrature)
            convert_part(numbers[part], words[part], *tables, in_phase, quadrature, amplitude, out[place])
