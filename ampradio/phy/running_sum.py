"""Integrals over any fractional interval of a sampled signal, from its running sum: no resampler needed.

Sample n stands for the interval [n, n + 1), so position t of the running sum is the integral from 0 to t.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Wide = TypeVar("Wide", np.float64, np.complex128)


def running_sum(samples: npt.NDArray[Any], wide: type[Wide]) -> npt.NDArray[Wide]:
    """Return the running sum (packets, n + 1) of ``samples`` (packets, n), starting with zero, as ``wide`` numbers."""
    sums: npt.NDArray[Wide] = np.zeros((samples.shape[0], samples.shape[1] + 1), wide)
    np.cumsum(samples, axis=1, dtype=wide, out=sums[:, 1:])
    return sums


def integral_to(sums: npt.NDArray[Wide], position: npt.NDArray[np.float64]) -> npt.NDArray[Wide]:
    """Return the running sum (packets, m) at fractional ``position`` (packets, m); outside the signal it stays flat."""
    last = sums.shape[1] - 1
    clipped = np.clip(position, 0.0, last)
    whole = np.minimum(clipped.astype(np.intp), last - 1)
    index = whole + (np.arange(sums.shape[0]) * sums.shape[1])[:, np.newaxis]
    flat = sums.reshape(-1)
    low = flat[index]
    between: npt.NDArray[Wide] = low + (flat[index + 1] - low) * (clipped - whole)
    return between
