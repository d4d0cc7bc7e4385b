"""Integrals over any fractional interval of a sampled signal, from its running sum: no resampler needed.

Sample n stands for the interval [n, n + 1), so position t of the running sum is the integral from 0 to t.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from ampradio import accelerator

Wide = TypeVar("Wide", np.float64, np.complex128)
# What compiled loops take: a broadcast array is read-only, and one row of it is contiguous too.
_COMPILED: tuple[Literal["C"], Literal["W"]] = ("C", "W")


def running_sum(samples: npt.NDArray[Any], wide: type[Wide]) -> npt.NDArray[Wide]:
    """Return the running sum (packets, n + 1) of ``samples`` (packets, n), starting with zero, as ``wide`` numbers."""
    if accelerator.is_on():
        from ampradio.phy.running_sum_loops import sum_up

        summed: npt.NDArray[Wide] = np.empty((samples.shape[0], samples.shape[1] + 1), wide)
        sum_up(np.require(samples, requirements=_COMPILED), summed)
        return summed
    sums: npt.NDArray[Wide] = np.zeros((samples.shape[0], samples.shape[1] + 1), wide)
    sums[:, 1:] = samples
    np.add.accumulate(sums[:, 1:], axis=1, out=sums[:, 1:])  # in place: widening on the way is four times slower
    return sums


def integral_to(sums: npt.NDArray[Wide], position: npt.NDArray[np.float64]) -> npt.NDArray[Wide]:
    """Return the running sum (packets, …) at fractional ``position`` (packets, …); outside the signal it stays flat."""
    if accelerator.is_on() and position.size:
        from ampradio.phy.running_sum_loops import read_off

        read: npt.NDArray[Wide] = np.empty(position.shape, sums.dtype)
        rows = (sums.shape[0], -1)
        at = np.require(position, requirements=_COMPILED).reshape(rows)
        read_off(np.require(sums, requirements=_COMPILED), at, read.reshape(rows))
        return read
    packets, last = sums.shape[0], sums.shape[1] - 1
    inside = np.maximum(position, 0.0)
    np.minimum(inside, last, out=inside)
    whole = inside.astype(np.intp)
    np.minimum(whole, last - 1, out=whole)
    inside -= whole
    if packets > 1:
        whole += (np.arange(packets) * sums.shape[1]).reshape(packets, *(1,) * (position.ndim - 1))
    flat = sums.reshape(-1)
    low = flat.take(whole)
    whole += 1
    between: npt.NDArray[Wide] = flat.take(whole)
    between -= low
    between *= inside
    between += low
    return between
