"""Sample-clock offset: the receiver's clock runs fast or slow against the sender's."""

from __future__ import annotations

import math

import numpy as np

from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet
from ampradio.channel.resampling import interpolate


def sample_clock_offset(samples: Samples, ppm: PerPacket) -> Samples:
    """Return ``samples`` (..., n) as a receiver samples them whose clock is fast by ``ppm``.

    Sample m of the result is the signal at position m / (1 + ppm * 1e-6): a fast clock takes more samples of the same
    signal. Only the sampling changes; the carrier is :func:`ampradio.channel.offset.carrier_offset`'s business.

    Args:
        samples: complex64; its content within 80 % of the band is kept to better than -70 dB.
        ppm: one number or one per packet, above -1e6.

    Returns:
        (..., ceil(n * (1 + max ppm * 1e-6))), complex64; packets with a slower clock end in silence.

    Raises:
        ValueError: ppm is not finite, stops the clock, or does not fit the packets.
    """
    samples = checked(samples)
    packets = samples.shape[:-1]
    ratio = np.broadcast_to(1.0 + per_packet("ppm", ppm, packets)[..., 0] * 1e-6, packets)
    if (ratio <= 0).any():
        raise ValueError(f"ppm must be above -1e6, not {ppm!r}")
    size = math.ceil(round(samples.shape[-1] * float(ratio.max(initial=0.0)), 6))
    out = np.empty((*packets, size), np.complex64)
    tick = np.arange(size)
    for packet in np.ndindex(packets):
        out[packet] = interpolate(samples[packet], tick / ratio[packet])
    return out
