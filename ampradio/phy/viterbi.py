"""Soft-decision Viterbi decoding of the 802.11 convolutional code, vectorised over packets.

IEEE 802.11-2020 17.3.5.6 (K = 7, 133/171 octal); the branches are read from the profile's polynomials.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio.profile.model import Uplink

_START_PENALTY = np.float32(1e6)


@lru_cache(maxsize=4)
def _branch_index(constraint: int, polynomial_a: int, polynomial_b: int) -> npt.NDArray[np.intp]:
    """Return, per (input bit, low state bits, shifted-out bit), the coded pair 2A + B, shape (2·states,).

    A state holds the last K − 1 bits, newest in its MSB, as the polynomials do with the input bit on top.
    """
    memory = constraint - 1
    half = 1 << (memory - 1)
    bit, low, last = np.meshgrid(np.arange(2), np.arange(half), np.arange(2), indexing="ij")
    register = bit << memory | low << 1 | last
    parity = [
        sum((register & polynomial) >> k & 1 for k in range(constraint)) & 1
        for polynomial in (polynomial_a, polynomial_b)
    ]
    return np.asarray(2 * parity[0] + parity[1], np.intp).ravel()


def decode(
    uplink: Uplink, soft: npt.NDArray[np.float32] | npt.NDArray[np.float64], *, terminated: bool = True
) -> npt.NDArray[np.uint8]:
    """Return the most likely input bits (packets, n) of ``soft`` (packets, n, 2), outputs A then B of each bit.

    A soft value is proportional to the log-likelihood of 1 over 0; its scale does not matter. The trellis starts
    in state zero; with ``terminated`` it also ends there (the tail bits are part of the n returned), else in the
    best state. Raises ValueError unless the last axis is a pair.
    """
    if soft.ndim != 3 or soft.shape[2] != 2:
        raise ValueError(f"soft values must have shape (packets, bits, 2), not {soft.shape}")
    packets, bits, _ = soft.shape
    states = 1 << (uplink.bcc_constraint - 1)
    index = _branch_index(uplink.bcc_constraint, uplink.bcc_polynomial_a, uplink.bcc_polynomial_b)
    metric = np.full((packets, states), -_START_PENALTY * (1 + np.abs(soft).max(initial=0.0)), np.float32)
    metric[:, 0] = 0
    a, b = soft[..., 0].astype(np.float32), soft[..., 1].astype(np.float32)
    pairs = np.stack((-a - b, b - a, a - b, a + b), axis=-1)
    came_from_one = np.empty((bits, packets, states), np.bool_)
    paths = np.empty((packets, 2, states), np.float32)
    halves = paths.reshape(packets, states, 2)
    for step in range(bits):
        np.take(pairs[:, step], index, axis=1, out=paths.reshape(packets, 2 * states), mode="clip")
        paths += metric[:, np.newaxis]
        np.greater(halves[..., 1], halves[..., 0], out=came_from_one[step])
        metric = np.maximum(halves[..., 0], halves[..., 1])
    return _trace_back(came_from_one, metric, terminated)


def _trace_back(
    came_from_one: npt.NDArray[np.bool_], metric: npt.NDArray[np.float32], terminated: bool
) -> npt.NDArray[np.uint8]:
    bits, packets, states = came_from_one.shape
    state = np.zeros(packets, np.intp) if terminated else np.argmax(metric, axis=1)
    row = np.arange(packets)
    out = np.empty((packets, bits), np.uint8)
    for step in range(bits - 1, -1, -1):
        out[:, step] = state >= states // 2
        state = (state % (states // 2)) * 2 + came_from_one[step, row, state]
    return out
