"""Delay: how much later the signal arrives, in whole samples and fractions of one."""

from __future__ import annotations

import math

import numpy as np

from ampradio.channel.band_limited import HALF_WIDTH, interpolate
from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet

SNAP = 1e-6  # samples: seconds times a rate are not exact


def delay(samples: Samples, delay_s: PerPacket, sample_rate_sps: float) -> Samples:
    """Return ``samples`` (..., n) later by ``delay_s``, one number or one per packet.

    A whole number of samples is a shift, exact to the bit. A fraction is band-limited interpolation: its first
    lobes, which would lie before sample 0, are cut off, so a signal should start with a little silence.

    Returns:
        (..., n + whole samples of the longest delay), complex64, and 12 more if it has a fraction.

    Raises:
        ValueError: a delay is negative or not finite, or does not fit the packets, or the rate is not positive.
    """
    samples = checked(samples)
    if not sample_rate_sps > 0:
        raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
    shift = per_packet("delay_s", delay_s, samples.shape[:-1]) * sample_rate_sps
    if (shift < 0).any():
        raise ValueError(f"delay_s must not be negative, not {delay_s!r}")
    whole = np.rint(shift)
    shift = np.where(np.abs(shift - whole) < SNAP, whole, shift)
    longest = float(shift.max(initial=0.0))
    if shift.size == 1 and longest.is_integer():
        return np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(int(longest), 0)])
    tail = 0 if longest.is_integer() else HALF_WIDTH
    return interpolate(samples, np.arange(samples.shape[-1] + math.floor(longest) + tail) - shift)
