"""Quick noise as a plain loop, for the accelerator: the same operations in the same order as in ``quick_noise``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio.accelerator import compiled

_Words = npt.NDArray[np.uint64]
_Reals = npt.NDArray[np.float32]
_BLOCK = 512  # counters at a time
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
_F = np.float32
_HALF, _ONE, _NONE, _LN2 = np.float32(0.5), np.float32(1), np.float32(0), np.float32(np.log(2))
_TURN = np.float32(2.0**-31)


@compiled()
def draw(first: int, key: _Words, philox: _Words, count: int, out: npt.NDArray[np.uint32]) -> None:
    """Write the four words of ``count`` counters from ``first`` on into ``out`` (4, …); ``key``: two words, stream."""
    for each in range(count):
        counter = np.uint64(first) + np.uint64(each)
        zero, one, two, three = counter & _LOW, counter >> _SHIFT, key[2] & _LOW, key[2] >> _SHIFT
        low, high = key[0], key[1]
        for _ in range(10):
            left, right = philox[0] * zero, philox[1] * two
            zero, one = (right >> _SHIFT) ^ one ^ low, right & _LOW
            two, three = (left >> _SHIFT) ^ three ^ high, left & _LOW
            low, high = (low + philox[2]) & _LOW, (high + philox[3]) & _LOW
        out[0, each], out[1, each] = np.uint32(zero), np.uint32(one)
        out[2, each], out[3, each] = np.uint32(two), np.uint32(three)


@compiled()
def radii(words: npt.NDArray[np.uint32], count: int, logarithm: _Reals, radius: _Reals) -> None:
    """Write √(−ln u) into ``radius``, u the words as numbers in (0, 1]."""
    bits = radius.view(np.int32)
    for each in range(count):
        radius[each] = _F(words[each]) + _HALF
    for each in range(count):
        exponent = _F(np.int32(159) - (bits[each] >> np.int32(23)))
        bits[each] = (bits[each] & np.int32(0x7FFFFF)) | np.int32(0x3F800000)
        part = radius[each] - _ONE
        series = logarithm[8]
        for degree in range(7, -1, -1):
            series = series * part + logarithm[degree]
        size = exponent * _LN2 - series * part
        radius[each] = np.sqrt(size if size > _NONE else _NONE)


@compiled()
def turned(
    words: npt.NDArray[np.uint32], count: int, sine: _Reals, cosine: _Reals, radius: _Reals, out: _Reals
) -> None:
    """Write points at ``radius``, turned by the words, into ``out`` (2, …): two bits a quadrant, the rest within it."""
    for each in range(count):
        word = words[each]
        part = _F(np.int32(np.uint32(word << np.uint32(2)))) * _TURN
        square = part * part
        along = (((cosine[4] * square + cosine[3]) * square + cosine[2]) * square + cosine[1]) * square + cosine[0]
        across = (((sine[3] * square + sine[2]) * square + sine[1]) * square + sine[0]) * part
        size = -radius[each] if word >> np.uint32(31) else radius[each]
        swapped = (word >> np.uint32(30)) & np.uint32(1)
        out[0, each] = size * (across if swapped else along)
        out[1, each] = size * (along if swapped else -across)


@compiled(
    "void(float32[:, ::1], float32[::1], int64, uint64[::1], uint64[::1], float32[::1], float32[::1], float32[::1],"
    " float32[:, ::1])"
)
def add_each(
    samples: _Reals,
    amplitude: _Reals,
    first: int,
    key: _Words,
    philox: _Words,
    logarithm: _Reals,
    sine: _Reals,
    cosine: _Reals,
    out: _Reals,
) -> None:
    """Write ``samples`` (packets, 2n; real and imaginary parts in turn) plus noise into ``out``.

    The first packet begins at counter ``first``, each other at the next; ``amplitude`` (packets,) squared is the
    mean power.
    """
    words = np.empty((4, _BLOCK), np.uint32)
    radius = np.empty(_BLOCK, np.float32)
    even, odd = np.empty((2, _BLOCK), np.float32), np.empty((2, _BLOCK), np.float32)
    size = samples.shape[1] // 2
    counters = (size + 1) // 2
    for packet in range(samples.shape[0]):
        given, row, scale = samples[packet], out[packet], amplitude[packet]
        for begin in range(0, counters, _BLOCK):
            count = min(_BLOCK, counters - begin)
            draw(first + packet * counters + begin, key, philox, count, words)
            radii(words[0], count, logarithm, radius)
            turned(words[1], count, sine, cosine, radius, even)
            radii(words[2], count, logarithm, radius)
            turned(words[3], count, sine, cosine, radius, odd)
            whole = min(count, (size - 2 * begin) // 2)
            for each in range(whole):
                at = 4 * (begin + each)
                row[at] = given[at] + scale * even[0, each]
                row[at + 1] = given[at + 1] + scale * even[1, each]
                row[at + 2] = given[at + 2] + scale * odd[0, each]
                row[at + 3] = given[at + 3] + scale * odd[1, each]
            if whole < count:
                at = 4 * (begin + whole)
                row[at] = given[at] + scale * even[0, whole]
                row[at + 1] = given[at + 1] + scale * even[1, whole]
