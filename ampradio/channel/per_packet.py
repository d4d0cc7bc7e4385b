"""A channel parameter: one number for all packets, or one per packet."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.complex64]
PerPacket = float | npt.NDArray[np.float64]


def per_packet(name: str, value: PerPacket, packets: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return ``value`` with a last axis of 1, to stand against samples of shape (\\*packets, samples).

    Raises:
        ValueError: ``value`` is not finite, or its shape does not fit the packets.
    """
    array = np.asarray(value, np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, not {value!r}")
    try:
        fits = np.broadcast_shapes(array.shape, packets) == packets
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name} of shape {array.shape} does not fit packets of shape {packets}")
    return array[..., np.newaxis]


def checked(samples: npt.NDArray[Any]) -> Samples:
    """Return ``samples`` (..., n) as complex64.

    Raises:
        ValueError: there is no sample axis.
    """
    if samples.ndim == 0:
        raise ValueError("samples need at least one axis")
    return samples.astype(np.complex64, copy=False)
