"""Running sums and the integrals read from them as plain loops for the accelerator: see ``running_sum``."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled


@compiled(
    "void(float32[:, ::1], float64[:, ::1])",
    "void(float64[:, ::1], float64[:, ::1])",
    "void(complex64[:, ::1], complex128[:, ::1])",
    "void(complex128[:, ::1], complex128[:, ::1])",
)
def sum_up(samples: npt.NDArray[Any], sums: npt.NDArray[Any]) -> None:
    """Write the running sum of ``samples`` (packets, n), which starts with zero, into ``sums`` (packets, n + 1)."""
    for packet in range(samples.shape[0]):
        total = sums[packet, 0] = 0
        total = sums[packet, 0]
        for sample in range(samples.shape[1]):
            total += samples[packet, sample]
            sums[packet, sample + 1] = total


@compiled(
    "void(float64[:, ::1], float64[:, ::1], float64[:, ::1])",
    "void(complex128[:, ::1], float64[:, ::1], complex128[:, ::1])",
)
def read_off(sums: npt.NDArray[Any], position: npt.NDArray[np.float64], out: npt.NDArray[Any]) -> None:
    """Write the running sum (packets, n + 1) at fractional ``position`` (packets, m) into ``out`` (packets, m)."""
    last = sums.shape[1] - 1
    for packet in range(sums.shape[0]):
        for each in range(position.shape[1]):
            inside = min(max(position[packet, each], 0.0), float(last))
            whole = min(int(inside), last - 1)
            low = sums[packet, whole]
            out[packet, each] = low + (inside - whole) * (sums[packet, whole + 1] - low)
