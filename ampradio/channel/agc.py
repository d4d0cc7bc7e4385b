"""Automatic gain control that steps in the middle of a packet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ampradio.channel.per_packet import Samples, checked

Steps = Sequence[float] | npt.NDArray[np.float64]
Places = Sequence[int] | npt.NDArray[np.intp]


def agc_steps(samples: Samples, at_samples: Places, steps_db: Steps) -> Samples:
    """Return ``samples`` (..., n) whose gain changes by ``steps_db`` from the samples ``at_samples`` on.

    Steps add up: +6 dB and then -6 dB is a receiver that changed its mind. The gain before the first is 0 dB.

    Args:
        samples: complex64.
        at_samples: (k,), or (..., k) for each packet its own; in any order, from 0; past the end nothing happens.
        steps_db: as many.

    Raises:
        ValueError: a step is not finite, lies before sample 0, or shapes do not fit.
    """
    samples = checked(samples)
    place, step = np.asarray(at_samples), np.asarray(steps_db, np.float64)
    if place.shape != step.shape or place.ndim == 0:
        raise ValueError(f"at_samples of shape {place.shape} and steps_db of shape {step.shape} are not pairs")
    if not np.isfinite(step).all() or (place < 0).any() or not np.array_equal(place, np.floor(place)):
        raise ValueError("steps_db must be finite and at_samples whole numbers from 0 on")
    packets, size = samples.shape[:-1], samples.shape[-1]
    try:
        each = np.broadcast_to(step, (*packets, step.shape[-1]))
    except ValueError as wrong:
        raise ValueError(f"steps_db of shape {step.shape} do not fit packets of shape {packets}") from wrong
    where = np.broadcast_to(np.minimum(place, size), each.shape).astype(np.intp)
    change_db = np.zeros((*packets, size + 1))
    for packet in np.ndindex(packets):
        np.add.at(change_db[packet], where[packet], each[packet])
    amplitude = 10.0 ** (np.cumsum(change_db[..., :size], axis=-1) / 20)
    stepped: Samples = samples * amplitude.astype(np.float32)
    return stepped
