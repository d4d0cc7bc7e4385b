"""Numbered noise as a plain loop, for the accelerator: the same operations in the same order as ``numbered_noise``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.channel.quick_noise_loops import draw, radii, turned

_Words = npt.NDArray[np.uint32]
_Reals = npt.NDArray[np.float32]
PART = 512  # samples that stay in the innermost cache; generators side by side divide it, and it divides a block
_W = np.uint32
_7, _9, _11, _21, _25 = np.uint32(7), np.uint32(9), np.uint32(11), np.uint32(21), np.uint32(25)


@compiled()
def step_twice(state: _Words, radius: _Words, angle: _Words) -> None:
    """Write two words in turn of each of the generators ``state`` (4, lanes) into ``radius`` and ``angle``."""
    zero, one, two, three = state[0], state[1], state[2], state[3]
    for lane in range(radius.size):
        a, b, c, d = zero[lane], one[lane], two[lane], three[lane]
        total = _W(a + d)
        radius[lane] = _W(_W(_W(total << _7) | _W(total >> _25)) + a)
        kept = _W(b << _9)
        c, d = _W(c ^ a), _W(d ^ b)
        b, a, c = _W(b ^ c), _W(a ^ d), _W(c ^ kept)
        d = _W(_W(d << _11) | _W(d >> _21))
        total = _W(a + d)
        angle[lane] = _W(_W(_W(total << _7) | _W(total >> _25)) + a)
        kept = _W(b << _9)
        c, d = _W(c ^ a), _W(d ^ b)
        b, a, c = _W(b ^ c), _W(a ^ d), _W(c ^ kept)
        d = _W(_W(d << _11) | _W(d >> _21))
        zero[lane], one[lane], two[lane], three[lane] = a, b, c, d


@compiled()
def next_part(
    state: _Words, wanted: bool, logarithm: _Reals, sine: _Reals, cosine: _Reals, work: _Reals, words: _Words
) -> None:
    """Go on by ``PART`` samples and, if they are ``wanted``, write their noise into rows 1 and 2 of ``work`` (3, PART).

    ``words`` (2, PART) is written over.
    """
    lanes = state.shape[1]
    for begin in range(0, PART, lanes):
        step_twice(state, words[0, begin : begin + lanes], words[1, begin : begin + lanes])
    if wanted:
        radii(words[0], PART, logarithm, work[0])
        turned(words[1], PART, sine, cosine, work[0], work[1:])


@compiled(
    "void(int64, int64, int64, uint64[::1], uint64[::1], float32[::1], float32[::1], float32[::1], float32[:, ::1])"
)
def write_noise(
    first: int,
    lanes: int,
    block_samples: int,
    key: npt.NDArray[np.uint64],
    philox: npt.NDArray[np.uint64],
    logarithm: _Reals,
    sine: _Reals,
    cosine: _Reals,
    out: _Reals,
) -> None:
    """Write the noise of samples ``first`` on into ``out`` (2, n): real and imaginary parts.

    ``lanes`` generators are seeded anew every ``block_samples``.
    """
    state, words = np.empty((4, lanes), np.uint32), np.empty((2, PART), np.uint32)
    work = np.empty((3, PART), np.float32)
    end = first + out.shape[1]
    for block in range(first // block_samples, (end + block_samples - 1) // block_samples):
        draw(block * lanes, key, philox, lanes, state)
        for begin in range(block * block_samples, min((block + 1) * block_samples, end), PART):
            low, high = max(begin, first), min(begin + PART, end)
            next_part(state, low < high, logarithm, sine, cosine, work, words)
            if low < high:
                out[0, low - first : high - first] = work[1, low - begin : high - begin]
                out[1, low - first : high - first] = work[2, low - begin : high - begin]
