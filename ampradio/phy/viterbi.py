"""Soft-decision Viterbi decoding of the 802.11 convolutional code, vectorised over packets.

IEEE 802.11-2020 17.3.5.6 (K = 7, 133/171 octal); the branches are read from the profile's polynomials. Two input bits
make one step of the trellis (radix 4), whose branch metrics for many steps come from one matrix product. With the
accelerator it is a compiled loop over one packet at a time instead.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.phy.convolutional import encode
from ampradio.profile.model import Uplink

_PACKETS_AT_ONCE = 128
_METRICS_AT_ONCE = 1 << 16  # keeps the branch metrics of a block of steps in the cache
_FEW_PACKETS = 8
_PER_STEP = 2  # input bits
_WAYS = 1 << _PER_STEP  # into a state in one step, and out of it
_BIT = np.uint8(1)
_Code = tuple[int, int, int]  # polynomials A and B, constraint length


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
    code = (uplink.bcc_polynomial_a, uplink.bcc_polynomial_b, uplink.bcc_constraint)
    out = np.empty((packets, bits), np.uint8)
    if accelerator.is_on():
        from ampradio.phy.viterbi_loop import decode_each

        pairs = np.ascontiguousarray(soft, np.float32).reshape(packets, 2 * bits)
        decode_each(pairs, branch_signs(uplink), terminated, out)
        return out
    pairs = soft.reshape(packets, 2 * bits).astype(np.float32)
    for begin in range(0, packets, _PACKETS_AT_ONCE):
        some = slice(begin, begin + _PACKETS_AT_ONCE)
        out[some] = _decoded(code, np.ascontiguousarray(pairs[some].T), terminated)
    return out


def branch_signs(uplink: Uplink) -> npt.NDArray[np.float32]:
    """Return the branches of one input bit for compiled loops, (newest bit, way, output, half the states), as ±1."""
    return _signs((uplink.bcc_polynomial_a, uplink.bcc_polynomial_b, uplink.bcc_constraint))


@lru_cache(maxsize=16)
def _branches(code: _Code, bits: int) -> npt.NDArray[np.float32]:
    """Return the coded bits as ±1, (ways, states, 2·bits), on the way into each state by its last ``bits`` inputs.

    A state holds the last K − 1 bits, newest in its MSB; the way is what the step shifts out of the register.
    """
    memory = code[2] - 1
    register = np.arange(1 << (memory + bits))
    oldest_first = (register[:, np.newaxis] >> np.arange(memory + bits) & 1).astype(np.uint8)
    coded = encode(oldest_first, code[:2], code[2])[:, 2 * memory :]
    # register bits: newest, what stays of the old state, way
    ways = (2 * coded.astype(np.float32) - 1).reshape(1 << memory, 1 << bits, 2 * bits)
    return np.ascontiguousarray(ways.transpose(1, 0, 2))


@lru_cache(maxsize=16)
def _signs(code: _Code) -> npt.NDArray[np.float32]:
    by_way = _branches(code, 1)
    by_newest = by_way.reshape(_WAYS // 2, 2, by_way.shape[1] // 2, 2)
    return np.ascontiguousarray(by_newest.transpose(1, 0, 3, 2))


def _decoded(code: _Code, pairs: npt.NDArray[np.float32], terminated: bool) -> npt.NDArray[np.uint8]:
    """Return the bits (packets, n) of ``pairs`` (2n, packets)."""
    bits, packets = pairs.shape[0] // 2, pairs.shape[1]
    memory = code[2] - 1
    first = min(bits, memory - (memory - bits) % _PER_STEP)
    begun = np.full((1 << first, 1 << (memory - first), packets), -np.inf, np.float32)
    begun[:, 0] = _branches(code, first)[0, :: 1 << (memory - first)] @ pairs[: 2 * first]
    metric = begun.reshape(1 << memory, packets)
    came_by = _forward(code, pairs[2 * first :], metric)
    last = np.zeros(packets, np.intp) if terminated else np.argmax(metric, axis=0)
    inputs = _trace_back(came_by, last)
    out = np.empty((packets, bits), np.uint8)
    start = inputs[:, 0, np.newaxis] >> np.arange(memory - first, memory, dtype=np.uint8)
    out[:, :first] = start & _BIT
    later = inputs[:, 1:, np.newaxis] >> np.arange(memory - _PER_STEP, memory, dtype=np.uint8)
    out[:, first:] = (later & _BIT).reshape(packets, bits - first)
    return out


def _forward(
    code: _Code, pairs: npt.NDArray[np.float32], metric: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    """Advance ``metric`` (states, packets) in place and return the ways chosen (steps, states, packets)."""
    states, packets = metric.shape
    steps = pairs.shape[0] // (2 * _PER_STEP)
    soft = pairs.reshape(steps, 2 * _PER_STEP, packets)
    signs = _branches(code, _PER_STEP).reshape(_WAYS * states, 2 * _PER_STEP)
    block = max(1, min(steps, _METRICS_AT_ONCE // (_WAYS * states * packets)))
    paths = np.empty((block, _WAYS * states, packets), np.float32)
    into = paths.reshape(block, _WAYS, _WAYS, states // _WAYS, packets)  # way, newest bits, what stays
    four = paths.reshape(block, 2, 2, states, packets)
    two = np.empty((block, 2, states, packets), np.float32)
    came_from = metric.reshape(states // _WAYS, _WAYS, packets).transpose(1, 0, 2)[:, np.newaxis]
    came_by = np.empty((steps, states, packets), np.uint8)
    for begin in range(0, steps, block):
        count = min(block, steps - begin)
        np.matmul(signs, soft[begin : begin + count], out=paths[:count])
        rows = zip(into[:count], four[:, 0], four[:, 1], two, two[:, 0], two[:, 1], strict=False)
        for path, low, high, better, even, odd in rows:
            np.add(path, came_from, path)
            np.maximum(low, high, better)
            np.maximum(even, odd, metric)
        above = four[:count, 1] > four[:count, 0]
        is_odd = two[:count, 1] > two[:count, 0]
        above = np.where(is_odd, above[:, 1], above[:, 0])
        came_by[begin : begin + count] = 2 * above.view(np.uint8) + is_odd.view(np.uint8)
    return came_by


def _trace_back(came_by: npt.NDArray[np.uint8], last: npt.NDArray[np.intp]) -> npt.NDArray[np.uint8]:
    """Return the states along the best path (packets, 1 + steps) into the ``last`` ones (packets,)."""
    steps, states, packets = came_by.shape
    stays = states // _WAYS - 1
    path = np.empty((packets, 1 + steps), np.uint8)
    path[:, steps] = last
    if packets <= _FEW_PACKETS:
        ways = came_by.transpose(2, 0, 1).tobytes()  # plain integers are quicker than short arrays
        for packet, state in enumerate(last.tolist()):
            row = []
            for at in range((packet + 1) * steps * states - states, packet * steps * states - states, -states):
                state = (state & stays) << _PER_STEP | ways[at + state]
                row.append(state)
            path[packet, :steps] = row[::-1]
        return path
    each = np.arange(packets)
    for step in range(steps - 1, -1, -1):
        last = (last & stays) << _PER_STEP | came_by[step, last, each]
        path[:, step] = last
    return path
