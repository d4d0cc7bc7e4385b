"""Digitising as plain loops, for the accelerator: the same operations in the same order as in ``digitising``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.channel.numbered_noise_loops import PART, gaussian, next_words
from ampradio.channel.quick_noise_loops import draw

_Reals = npt.NDArray[np.float32]
_Words = npt.NDArray[np.uint64]
_LEAST, _MOST = np.float32(-2048), np.float32(2047)
_ROUNDING = np.float32(3 << 22)  # added and taken away it rounds to even, in registers
_I = np.int32
_ONE = np.float32(1)
_16, _12 = np.int32(16), np.int32(-16)


@compiled()
def add_cell(
    codes: npt.NDArray[np.int32], level: np.complex64, x: _Reals, y: _Reals, in_phase: _Reals, quadrature: _Reals
) -> None:
    """Add ``codes`` (n,), turned by ``level`` times ``x`` + j ``y`` (n,), to both branches (n,)."""
    c, s = level.real, level.imag
    for each in range(codes.size):
        along, across = c * x[each] - s * y[each], c * y[each] + s * x[each]
        i, q = np.float32(_I(codes[each] << _16) >> _16 & _12), np.float32(codes[each] >> _16 & _12)
        in_phase[each] += along * i - across * q
        quadrature[each] += along * q + across * i


@compiled("void(int32[::1], int64, complex64[::1], float32[:, ::1], float32[:, ::1])")
def add_codes(
    codes: npt.NDArray[np.int32],
    ahead: int,
    coarse: npt.NDArray[np.complex64],
    fine: _Reals,
    total: _Reals,
) -> None:
    """Add ``codes`` (n,), I below and Q above of 16 bits each, the upper 12 of which count, to ``total`` (2, n).

    Turned by an oscillator: ``coarse`` times ``fine`` (2, step) from place ``ahead`` on; each of ``coarse`` serves
    all ``fine``.
    """
    size, step = codes.size, fine.shape[1]
    real, imag = fine[0], fine[1]
    whole_i, whole_q = total[0], total[1]
    for cell in range(coarse.size):
        begin = max(cell * step - ahead, 0)
        end = min((cell + 1) * step - ahead, size)
        skipped = begin - (cell * step - ahead)
        x, y = real[skipped : skipped + end - begin], imag[skipped : skipped + end - begin]
        add_cell(codes[begin:end], coarse[cell], x, y, whole_i[begin:end], whole_q[begin:end])


@compiled("void(complex64[::1], int64, complex64[::1], float32[:, ::1], float32[:, ::1])")
def add_samples(
    samples: npt.NDArray[np.complex64],
    ahead: int,
    coarse: npt.NDArray[np.complex64],
    fine: _Reals,
    total: _Reals,
) -> None:
    """Add ``samples`` (n,), turned as in ``add_codes``, to ``total`` (2, n)."""
    size, step = samples.size, fine.shape[1]
    real, imag = fine[0], fine[1]
    whole_i, whole_q = total[0], total[1]
    for cell in range(coarse.size):
        c, s = coarse[cell].real, coarse[cell].imag
        begin = max(cell * step - ahead, 0)
        end = min((cell + 1) * step - ahead, size)
        skipped = begin - (cell * step - ahead)
        part, in_phase, quadrature = samples[begin:end], whole_i[begin:end], whole_q[begin:end]
        x, y = real[skipped : skipped + end - begin], imag[skipped : skipped + end - begin]
        for each in range(part.size):
            along, across = c * x[each] - s * y[each], c * y[each] + s * x[each]
            i, q = part[each].real, part[each].imag
            in_phase[each] += along * i - across * q
            quadrature[each] += along * q + across * i


@compiled("void(float32[:, ::1], int64, complex64[::1], float32[:, ::1], float32[:, ::1])")
def add_parts(
    parts: _Reals,
    ahead: int,
    coarse: npt.NDArray[np.complex64],
    fine: _Reals,
    total: _Reals,
) -> None:
    """Add ``parts`` (2, n), turned as in ``add_codes``, to ``total`` (2, n)."""
    size, step = parts.shape[1], fine.shape[1]
    real, imag = fine[0], fine[1]
    given_i, given_q, whole_i, whole_q = parts[0], parts[1], total[0], total[1]
    for cell in range(coarse.size):
        c, s = coarse[cell].real, coarse[cell].imag
        begin = max(cell * step - ahead, 0)
        end = min((cell + 1) * step - ahead, size)
        skipped = begin - (cell * step - ahead)
        here_i, here_q, in_phase, quadrature = (
            given_i[begin:end], given_q[begin:end], whole_i[begin:end], whole_q[begin:end]
        )  # fmt: skip
        x, y = real[skipped : skipped + end - begin], imag[skipped : skipped + end - begin]
        for each in range(here_i.size):
            along, across = c * x[each] - s * y[each], c * y[each] + s * x[each]
            i, q = here_i[each], here_q[each]
            in_phase[each] += along * i - across * q
            quadrature[each] += along * q + across * i


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
        i, q = in_phase[each] + amplitude * real, quadrature[each] + amplitude * imag
        i, q = i if i > _LEAST else _LEAST, q if q > _LEAST else _LEAST
        i, q = i if i < _MOST else _MOST, q if q < _MOST else _MOST
        i, q = (i + _ROUNDING) - _ROUNDING, (q + _ROUNDING) - _ROUNDING
        out[each] = (np.uint32(_I(i)) & np.uint32(0xFFFF)) | np.uint32(np.uint32(_I(q)) << np.uint32(16))


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
    state, words = np.empty((4, lanes), np.uint32), np.empty((2, PART), np.uint32)
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
            if whole_i.size:
                in_phase[:], quadrature[:] = whole_i[place], whole_q[place]
            else:
                in_phase[:], quadrature[:] = np.float32(0), np.float32(0)
            if codes.size:
                cell = (ahead + low - first) // step
                turned = slice(ahead + low - first - cell * step, ahead + high - first - cell * step)
                add_cell(codes[place], coarse[cell], x[turned], y[turned], in_phase, quadrature)
            tables = (logarithm, sine, cosine)
            convert_part(numbers[part], words[1][part], *tables, in_phase, quadrature, amplitude, out[place])
