"""A sampled signal between its samples: a windowed sinc as polynomials in the fraction of a sample (Farrow, 1988).

Within 80 % of the sampled band (|f| <= 0.4 of the rate) the error is below -70 dB of the signal at any position.
The polynomials' coefficients are one matrix product per stretch of samples, which is several times faster than
looking up weights for every position.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.channel.fir import windowed_sinc
from ampradio.channel.per_packet import Samples

HALF_WIDTH = 12  # samples on each side of a position
BETA = 7.5  # least worst error over 80 % of the band for this width
DEGREE = 6  # of the polynomials; -75 dB
HOP = 16  # samples whose coefficients one row of the matrix product gives
STRETCH = 8_192  # positions at a time, so that the coefficients stay in the cache


def interpolate(samples: Samples, position: npt.NDArray[np.float64]) -> Samples:
    """Return the signal ``samples`` (n,) at increasing ``position`` (m,), in samples; zero where it is outside."""
    out = np.empty(position.size, np.complex64)
    for start in range(0, position.size, STRETCH):
        part = position[start : start + STRETCH]
        first = min(max(int(part[0]) - HALF_WIDTH, 0), samples.size)
        stop = max(min(int(part[-1]) + HALF_WIDTH + 1, samples.size), first)
        out[start : start + STRETCH] = _stretch(samples[first:stop], part - first)
    return out


def _stretch(samples: Samples, position: npt.NDArray[np.float64]) -> Samples:
    position = np.clip(position, -HALF_WIDTH, samples.size + HALF_WIDTH - 1)  # nothing but zeros beyond
    whole = np.floor(position)
    coefficient = np.take(_coefficients(samples), whole.astype(np.intp) + HALF_WIDTH, axis=1)
    fraction = (2.0 * (position - whole) - 1.0).astype(np.float32)
    value = coefficient[..., DEGREE].copy()
    for power in range(DEGREE - 1, -1, -1):
        value *= fraction
        value += coefficient[..., power]
    out = np.empty(position.size, np.complex64)
    out.real, out.imag = value
    return out


def _coefficients(samples: Samples) -> npt.NDArray[np.float32]:
    """Return (2, positions, DEGREE + 1): of real and imaginary part, from HALF_WIDTH before the first sample on."""
    width = 2 * HALF_WIDTH + HOP - 1
    rows = -(-(samples.size + 2 * HALF_WIDTH) // HOP)
    planes = np.zeros((2, rows * HOP + width - HOP), np.float32)
    inside = slice(2 * HALF_WIDTH - 1, 2 * HALF_WIDTH - 1 + samples.size)
    planes[0, inside], planes[1, inside] = samples.real, samples.imag
    windows = np.lib.stride_tricks.sliding_window_view(planes, width, axis=1)[:, ::HOP]
    product: npt.NDArray[np.float32] = windows.reshape(-1, width) @ _kernel()
    return product.reshape(2, rows * HOP, DEGREE + 1)


@lru_cache(maxsize=1)
def _kernel() -> npt.NDArray[np.float32]:
    """Return (2 HALF_WIDTH + HOP - 1, HOP * (DEGREE + 1)): the kernel's polynomials, once for each sample of a row."""
    nodes = np.cos(np.pi * (np.arange(32) + 0.5) / 32)  # Chebyshev nodes; -1 to 1 is one sample's step
    taps = np.arange(1 - HALF_WIDTH, HALF_WIDTH + 1)
    weights = windowed_sinc(taps - (nodes[:, np.newaxis] + 1) / 2, HALF_WIDTH, BETA)
    polynomials = np.linalg.pinv(np.power.outer(nodes, np.arange(DEGREE + 1))) @ weights
    kernel = np.zeros((taps.size + HOP - 1, HOP, DEGREE + 1))
    for column, polynomial in enumerate(polynomials.T):
        for sample in range(HOP):
            kernel[sample + column, sample] = polynomial
    return kernel.reshape(kernel.shape[0], -1).astype(np.float32)
