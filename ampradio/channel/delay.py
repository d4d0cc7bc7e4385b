"""Delay: how much later the signal arrives, in whole samples and fractions of one."""

from __future__ import annotations

import numpy as np

from ampradio.channel.fir import convolve, windowed_sinc
from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet

HALF_WIDTH = 12  # with the best window for it: error below -68 dB in 80 % of the band
BETA = 7.5
SNAP = 1e-6  # samples: seconds times a rate are not exact


def delay(samples: Samples, delay_s: PerPacket, sample_rate_sps: float) -> Samples:
    """Return ``samples`` (..., n) later by ``delay_s``, one number or one per packet.

    A whole number of samples is a shift, exact to the bit. A fraction is band-limited interpolation: its first
    lobes, which would lie before sample 0, are cut off, so a signal should start with a little silence.

    Returns:
        (..., n + whole samples of the longest delay), complex64, and 12 more if any delay has a fraction.

    Raises:
        ValueError: a delay is negative or not finite, or does not fit the packets, or the rate is not positive.
    """
    samples = checked(samples)
    if not sample_rate_sps > 0:
        raise ValueError(f"sample_rate_sps must be positive, not {sample_rate_sps!r}")
    shift = per_packet("delay_s", delay_s, samples.shape[:-1]) * sample_rate_sps
    if (shift < 0).any():
        raise ValueError(f"delay_s must not be negative, not {delay_s!r}")
    whole = np.floor(shift + SNAP)
    fraction = np.where(shift - whole < SNAP, 0.0, shift - whole)
    if not fraction.any():
        return _shifted(samples, whole[..., 0].astype(np.intp), 0)
    kernel = windowed_sinc(np.arange(1 - HALF_WIDTH, HALF_WIDTH + 1) - fraction, HALF_WIDTH, BETA)
    return _shifted(convolve(samples, kernel.astype(np.complex64)), whole[..., 0].astype(np.intp), HALF_WIDTH - 1)


def _shifted(samples: Samples, later: np.intp | np.ndarray[tuple[int, ...], np.dtype[np.intp]], lead: int) -> Samples:
    """Return ``samples`` later by that many samples each, without the ``lead`` samples before their zero."""
    packets, size = samples.shape[:-1], samples.shape[-1] - lead
    each = np.broadcast_to(later, packets)
    out = np.zeros((*packets, size + int(each.max(initial=0))), np.complex64)
    for packet in np.ndindex(packets):
        start = int(each[packet]) - lead
        source = samples[packet][max(0, -start) :]
        out[packet][max(0, start) : max(0, start) + source.size] = source
    return out
