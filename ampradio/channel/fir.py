"""Finite impulse responses: convolution with one per packet, and the windowed sinc that moves by part of a sample."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import i0

from ampradio.channel.per_packet import Samples, checked


def windowed_sinc(offset: npt.NDArray[np.float64], half_width: int, beta: float) -> npt.NDArray[np.float64]:
    """Return the Kaiser-windowed sinc at ``offset`` samples from its centre, any shape; zero from half_width on."""
    inside = np.sqrt(np.maximum(0.0, 1.0 - (offset / half_width) ** 2))
    weight = np.sinc(offset) * i0(beta * inside) / i0(beta)
    weight[offset == np.rint(offset)] = 0.0  # to the bit, so that a whole sample's step copies
    weight[np.abs(offset) >= half_width] = 0.0
    weight[offset == 0] = 1.0
    return np.asarray(weight, np.float64)


def convolve(samples: Samples, taps: Samples) -> Samples:
    """Return ``samples`` (..., n) convolved with ``taps`` (k,) or (..., k): (..., n + k - 1), complex64.

    Raises:
        ValueError: there is no tap, or the leading axes do not fit.
    """
    samples, taps = checked(samples), checked(taps)
    size, count = samples.shape[-1], taps.shape[-1]
    if count == 0:
        raise ValueError("taps need at least one tap")
    packets = np.broadcast_shapes(samples.shape[:-1], taps.shape[:-1])
    out = np.zeros((*packets, size + count - 1), np.complex64)
    for tap in range(count):
        if taps[..., tap].any():
            out[..., tap : tap + size] += samples * taps[..., tap, np.newaxis]
    return out
