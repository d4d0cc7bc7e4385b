"""Numbered noise as a plain loop, for the accelerator: the same operations in the same order as ``numbered_noise``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled
from ampradio.channel.quick_noise_loops import draw

_Words = npt.NDArray[np.uint32]
_Reals = npt.NDArray[np.float32]
PART = 512  # samples that stay in the innermost cache: four of each generator; it divides a block
_W = np.uint32
_F = np.float32
_HALF, _ONE, _NONE, _LN2, _TURN = (
    np.float32(0.5),
    np.float32(1),
    np.float32(0),
    np.float32(np.log(2)),
    np.float32(2.0**-31),
)
_7, _9, _11, _21, _25 = np.uint32(7), np.uint32(9), np.uint32(11), np.uint32(21), np.uint32(25)


@compiled()
def stepped(
    a: np.uint32, b: np.uint32, c: np.uint32, d: np.uint32
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32, np.uint32]:
    """Return the next word of a generator and its state after that."""
    total = _W(a + d)
    word = _W(_W(_W(total << _7) | _W(total >> _25)) + a)
    kept = _W(b << _9)
    c, d = _W(c ^ a), _W(d ^ b)
    b, a, c = _W(b ^ c), _W(a ^ d), _W(c ^ kept)
    return word, a, b, c, _W(_W(d << _11) | _W(d >> _21))


@compiled()
def next_words(state: _Words, words: _Words, numbers: _Reals) -> None:
    """Go on by ``PART`` samples, four of each of the generators ``state`` (4, lanes).

    The first word of each becomes a number in ``numbers``, the second is in ``words`` (both PART).
    """
    lanes = state.shape[1]
    zero, one, two, three = state[0], state[1], state[2], state[3]
    first, second, third, fourth = (
        numbers[:lanes], numbers[lanes : 2 * lanes], numbers[2 * lanes : 3 * lanes], numbers[3 * lanes :]
    )  # fmt: skip
    p, q, r, s = words[:lanes], words[lanes : 2 * lanes], words[2 * lanes : 3 * lanes], words[3 * lanes :]
    for lane in range(lanes):
        a, b, c, d = zero[lane], one[lane], two[lane], three[lane]
        word, a, b, c, d = stepped(a, b, c, d)
        first[lane] = _F(np.int32(word >> _W(1))) + _HALF
        p[lane], a, b, c, d = stepped(a, b, c, d)
        word, a, b, c, d = stepped(a, b, c, d)
        second[lane] = _F(np.int32(word >> _W(1))) + _HALF
        q[lane], a, b, c, d = stepped(a, b, c, d)
        word, a, b, c, d = stepped(a, b, c, d)
        third[lane] = _F(np.int32(word >> _W(1))) + _HALF
        r[lane], a, b, c, d = stepped(a, b, c, d)
        word, a, b, c, d = stepped(a, b, c, d)
        fourth[lane] = _F(np.int32(word >> _W(1))) + _HALF
        s[lane], a, b, c, d = stepped(a, b, c, d)
        zero[lane], one[lane], two[lane], three[lane] = a, b, c, d


@compiled()
def gaussian(
    bits: np.int32, part: np.float32, word: np.uint32, logarithm: _Reals, sine: _Reals, cosine: _Reals
) -> tuple[np.float32, np.float32]:
    """Return √(−ln u) turned by ``word``: two bits a quadrant, the rest within it; both parts.

    u is the number of ``bits`` over 2³¹, ``part`` what its mantissa has beyond 1.
    """
    exponent = _F(np.int32(158) - (bits >> np.int32(23)))
    series = logarithm[5]
    for degree in range(4, -1, -1):
        series = series * part + logarithm[degree]
    size = exponent * _LN2 - series * part
    radius = np.sqrt(size if size > _NONE else _NONE)
    place = _F(np.int32(_W(word << _W(2)))) * _TURN
    square = place * place
    along = (cosine[2] * square + cosine[1]) * square + cosine[0]
    across = ((sine[2] * square + sine[1]) * square + sine[0]) * place
    radius = -radius if word >> _W(31) else radius
    swapped = (word >> _W(30)) & _W(1)
    return radius * (across if swapped else along), radius * (along if swapped else -across)


@compiled()
def write_part(
    numbers: _Reals, words: _Words, logarithm: _Reals, sine: _Reals, cosine: _Reals, real: _Reals, imag: _Reals
) -> None:
    """Write the noise of ``numbers`` and ``words`` (n,) into ``real`` and ``imag``; ``numbers`` are used up."""
    bits = numbers.view(np.int32)
    for each in range(words.size):
        whole = bits[each]
        bits[each] = (whole & np.int32(0x7FFFFF)) | np.int32(0x3F800000)
        part = numbers[each] - _ONE
        real[each], imag[each] = gaussian(whole, part, words[each], logarithm, sine, cosine)


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
    state, words = np.empty((4, lanes), np.uint32), np.empty(PART, np.uint32)
    numbers, real, imag = np.empty(PART, np.float32), out[0], out[1]
    end = first + out.shape[1]
    for block in range(first // block_samples, (end + block_samples - 1) // block_samples):
        draw(block * lanes, key, philox, lanes, state)
        for begin in range(block * block_samples, min((block + 1) * block_samples, end), PART):
            low, high = max(begin, first), min(begin + PART, end)
            next_words(state, words, numbers)
            if low < high:
                part, place = slice(low - begin, high - begin), slice(low - first, high - first)
                write_part(numbers[part], words[part], logarithm, sine, cosine, real[place], imag[place])
