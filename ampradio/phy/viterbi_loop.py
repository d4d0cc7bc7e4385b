"""The Viterbi decoder of one packet after the other as a plain loop, for the accelerator: see ``viterbi``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled


@compiled("void(float32[:, ::1], float32[:, :, :, ::1], boolean, uint8[:, ::1])")
def decode_each(
    soft: npt.NDArray[np.float32], signs: npt.NDArray[np.float32], terminated: bool, out: npt.NDArray[np.uint8]
) -> None:
    """Write the bits (packets, n) of ``soft`` (packets, 2n) into ``out``.

    ``signs`` (newest bit, way, output, half the states) are the coded bits as ±1. A state holds the last bits, newest
    in its MSB; the way is what a step shifts out of the register.
    """
    half = signs.shape[3]
    states, bits = 2 * half, out.shape[1]
    shift = 0
    while 1 << (shift + 1) < states:
        shift += 1
    came_by = np.empty((bits, states), np.uint8)
    metric, low, high = np.empty(states, np.float32), np.empty(half, np.float32), np.empty(half, np.float32)
    for packet in range(soft.shape[0]):
        metric[:] = -np.inf
        metric[0] = 0
        for step in range(bits):
            first, second = soft[packet, 2 * step], soft[packet, 2 * step + 1]
            for each in range(half):
                low[each], high[each] = metric[2 * each], metric[2 * each + 1]
            for newest in range(2):
                for each in range(half):
                    even = low[each] + (signs[newest, 0, 0, each] * first + signs[newest, 0, 1, each] * second)
                    odd = high[each] + (signs[newest, 1, 0, each] * first + signs[newest, 1, 1, each] * second)
                    metric[newest * half + each] = odd if odd > even else even
                    came_by[step, newest * half + each] = odd > even
        state = 0
        if not terminated:
            for each in range(states):
                if metric[each] > metric[state]:
                    state = each
        for step in range(bits - 1, -1, -1):
            out[packet, step] = state >> shift
            state = (state << 1 & (states - 1)) | came_by[step, state]


@compiled("void(uint8[:, ::1], int64, int64, int64, uint8[:, ::1])")
def encode_each(
    bits: npt.NDArray[np.uint8], first: int, second: int, constraint: int, out: npt.NDArray[np.uint8]
) -> None:
    """Write the coded bits (packets, 2n) of ``bits`` (packets, n) by polynomials ``first`` and ``second`` into ``out``.

    The MSB of a polynomial weighs the newest bit.
    """
    parity, newest = np.empty(1 << constraint, np.uint8), 1 << (constraint - 1)
    for each in range(parity.size):
        parity[each] = parity[each >> 1] ^ (each & 1) if each else 0
    for packet in range(bits.shape[0]):
        register = 0
        for step in range(bits.shape[1]):
            register >>= 1
            if bits[packet, step]:
                register |= newest
            out[packet, 2 * step] = parity[register & first]
            out[packet, 2 * step + 1] = parity[register & second]
