"""Turning and adding up as plain loops, for the accelerator: the same operations, the same order as in ``turning``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Reals = npt.NDArray[np.float32]
_I = np.int32
_16, _12 = np.int32(16), np.int32(-16)


@compiled()
def turned_code(
    code: np.int32, c: np.float32, s: np.float32, x: np.float32, y: np.float32
) -> tuple[np.float32, np.float32]:
    """Return both branches of ``code`` turned by c + js times x + jy."""
    along, across = c * x - s * y, c * y + s * x
    i, q = np.float32(_I(code << _16) >> _16 & _12), np.float32(code >> _16 & _12)
    return along * i - across * q, along * q + across * i


@compiled()
def add_cell(
    codes: npt.NDArray[np.int32], level: np.complex64, x: _Reals, y: _Reals, in_phase: _Reals, quadrature: _Reals
) -> None:
    """Add ``codes`` (n,), turned by ``level`` times ``x`` + j ``y`` (n,), to both branches (n,)."""
    c, s = level.real, level.imag
    for each in range(codes.size):
        i, q = turned_code(codes[each], c, s, x[each], y[each])
        in_phase[each] += i
        quadrature[each] += q


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
