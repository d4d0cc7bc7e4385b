"""Analogue to digital: so many bits for I and as many for Q, and clipping where they end.

Source: W. R. Bennett, "Spectra of quantized signals", Bell Syst. Tech. J. 27 (1948): noise step^2 / 12 a branch.
"""

from __future__ import annotations

import numpy as np

from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet

MOST_BITS = 24  # what a float32 holds


def quantise(samples: Samples, bits: int, full_scale: PerPacket) -> Samples:
    """Return ``samples`` (..., n) as a converter of ``bits`` bits a branch gives them, in the units they came in.

    Codes are two's complement: the step is full_scale / 2^(bits - 1), rounding is to the nearest, from -full_scale
    to one step below full_scale, and what is beyond is clipped. A complex tone of amplitude full_scale has
    6.02 bits + 1.76 dB over the noise.

    Args:
        samples: complex64.
        bits: of one branch, 1 to 24.
        full_scale: largest amplitude of one branch, one number or one per packet.

    Raises:
        ValueError: bits are out of range, or full_scale is not positive and finite or does not fit the packets.
    """
    samples = checked(samples)
    if not 1 <= bits <= MOST_BITS:
        raise ValueError(f"bits must be 1 to {MOST_BITS}, not {bits!r}")
    scale = per_packet("full_scale", full_scale, samples.shape[:-1])
    if (scale <= 0).any():
        raise ValueError(f"full_scale must be positive, not {full_scale!r}")
    codes = 2 ** (bits - 1)
    step = scale / codes
    out = np.empty_like(samples)
    out.real = np.clip(np.rint(samples.real / step), -codes, codes - 1) * step
    out.imag = np.clip(np.rint(samples.imag / step), -codes, codes - 1) * step
    return out


def clipped_share(samples: Samples, bits: int, full_scale: float) -> float:
    """Return the share of the values of both branches that a converter of ``bits`` bits would clip."""
    codes = 2 ** (bits - 1)
    values = checked(samples)[..., np.newaxis].view(np.float32) * (codes / full_scale)
    return float(np.mean((values < -codes - 0.5) | (values > codes - 0.5))) if values.size else 0.0
