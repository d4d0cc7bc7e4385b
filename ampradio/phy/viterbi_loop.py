"""The Viterbi decoder of one packet after the other as a plain loop, for the accelerator: see ``viterbi``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled


@compiled()
def decode_one(
    soft: npt.NDArray[np.float32], signs: npt.NDArray[np.float32], terminated: bool, came_by: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    """Write the bits (n,) of ``soft`` (2n,) into ``out``; ``came_by`` (≥ n, states) is for scratch.

    ``signs`` (newest bit, way, output, half the states) are the coded bits as ±1. A state holds the last bits, newest
    in its MSB; the way is what a step shifts out of the register.
    """
    half = signs.shape[3]
    states, bits = 2 * half, out.size
    shift = 0
    while 1 << (shift + 1) < states:
        shift += 1
    metric, low, high = np.empty(states, np.float32), np.empty(half, np.float32), np.empty(half, np.float32)
    metric[:] = -np.inf
    metric[0] = 0
    for step in range(bits):
        first, second = soft[2 * step], soft[2 * step + 1]
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
        out[step] = state >> shift
        state = (state << 1 & (states - 1)) | came_by[step, state]


@compiled()
def decode_codeword(
    soft: npt.NDArray[np.float64], first: int, second: int, constraint: int, parity: npt.NDArray[np.uint8],
    terminated: bool, out: npt.NDArray[np.uint8],
) -> bool:  # fmt: skip
    """Write the bits (n,) of ``soft`` (2n,) into ``out`` if its signs are a codeword; return whether they are.

    No path is more likely than one that contradicts nothing, so ``decode_one`` would give the same.
    """
    register, newest = 0, 1 << (constraint - 1)
    if not first & newest:
        return False
    for step in range(out.size):
        register >>= 1
        one, two = soft[2 * step], soft[2 * step + 1]
        bit = parity[register & first] ^ (one > 0)
        if bit:
            register |= newest
        if parity[register & second] != (two > 0) or one == 0 or two == 0:
            return False
        out[step] = bit
    return not (terminated and register >> 1)


@compiled("void(float32[:, ::1], float32[:, :, :, ::1], boolean, uint8[:, ::1])")
def decode_each(
    soft: npt.NDArray[np.float32], signs: npt.NDArray[np.float32], terminated: bool, out: npt.NDArray[np.uint8]
) -> None:
    """Write the bits (packets, n) of ``soft`` (packets, 2n) into ``out``: see ``decode_one``."""
    came_by = np.empty((out.shape[1], 2 * signs.shape[3]), np.uint8)
    for packet in range(soft.shape[0]):
        decode_one(soft[packet], signs, terminated, came_by, out[packet])


@compiled()
def parities(constraint: int) -> npt.NDArray[np.uint8]:
    """Return whether each value of a register of ``constraint`` bits has an odd number of ones."""
    parity = np.empty(1 << constraint, np.uint8)
    for each in range(parity.size):
        parity[each] = parity[each >> 1] ^ (each & 1) if each else 0
    return parity


@compiled()
def encode_one(
    bits: npt.NDArray[np.uint8], first: int, second: int, constraint: int, parity: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    """Write the coded bits (2n,) of ``bits`` (n,) by polynomials ``first`` and ``second`` into ``out``."""
    register, newest = 0, 1 << (constraint - 1)
    for step in range(bits.size):
        register >>= 1
        if bits[step]:
            register |= newest
        out[2 * step] = parity[register & first]
        out[2 * step + 1] = parity[register & second]


@compiled("void(uint8[:, ::1], int64, int64, int64, uint8[:, ::1])")
def encode_each(
    bits: npt.NDArray[np.uint8], first: int, second: int, constraint: int, out: npt.NDArray[np.uint8]
) -> None:
    """Write the coded bits (packets, 2n) of ``bits`` (packets, n) by polynomials ``first`` and ``second`` into ``out``.

    The MSB of a polynomial weighs the newest bit.
    """
    parity = parities(constraint)
    for packet in range(bits.shape[0]):
        encode_one(bits[packet], first, second, constraint, parity, out[packet])
