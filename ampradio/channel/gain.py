"""Gain: how much stronger or weaker the signal arrives."""

from __future__ import annotations

import numpy as np

from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet


def gain(samples: Samples, gain_db: PerPacket) -> Samples:
    """Return ``samples`` (..., n) with their power changed by ``gain_db``, one number or one per packet.

    Raises:
        ValueError: the gain is not finite or does not fit the packets.
    """
    samples = checked(samples)
    amplitude = 10.0 ** (per_packet("gain_db", gain_db, samples.shape[:-1]) / 20)
    return samples * amplitude.astype(np.float32)
