"""White Gaussian noise of a stream that anybody enters anywhere: sample n is a function of a key and n alone.

Words come from 128 generators xoshiro128++ side by side (Blackman and Vigna, Scrambled linear pseudorandom number
generators, ACM TOMS 47, 2021), which Philox 4x32-10 seeds anew every 4096 samples under the key and their number.
Sample n of a block takes two words in a row of generator n modulo 128: one for its power, one for its phase, as
``quick_noise`` makes a Gaussian of them. So it costs half of that, and no sample has more than 22.9 times the mean
power. With the accelerator and without, every bit is the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.channel.per_packet import Samples
from ampradio.channel.quick_noise import COSINE, LOGARITHM, PHILOX, SINE, drawn, radii, turned

Key = npt.NDArray[np.uint64]
_Words = npt.NDArray[np.uint32]
_Parts = npt.NDArray[np.float32]
LANES = 128
BLOCK = 4096


def noise_key(key: int, stream: int = 0) -> Key:
    """Return the key of ``stream`` of ``key``, both 0 to 2⁶⁴ − 1; every pair is independent; else ValueError."""
    if not (0 <= key < 1 << 64 and 0 <= stream < 1 << 64):
        raise ValueError(f"key and stream must be 0…2⁶⁴ − 1, not {key} and {stream}")
    return np.array((key & 0xFFFFFFFF, key >> 32, stream), np.uint64)


def numbered_noise(key: Key, first: int, count: int) -> Samples:
    """Return samples ``first`` to ``first + count`` of circular complex Gaussian noise of unit power, complex64.

    Raises:
        ValueError: first or count is negative.
    """
    parts = noise_parts(key, first, count)
    noise: Samples = np.empty(count, np.complex64)
    noise.real, noise.imag = parts
    return noise


def noise_parts(key: Key, first: int, count: int) -> _Parts:
    """Return the same as (2, count) float32: real and imaginary parts."""
    if first < 0 or count < 0:
        raise ValueError(f"first and count must not be negative, not {first!r} and {count!r}")
    if accelerator.is_on():
        from ampradio.channel.numbered_noise_loops import write_noise

        out: _Parts = np.empty((2, count), np.float32)
        write_noise(first, LANES, BLOCK, key, PHILOX, LOGARITHM, SINE, COSINE, out)
        return out
    begin, end = first // BLOCK, -(-(first + count) // BLOCK)
    radius, angle = _words(key, begin, end)
    return np.stack(turned(angle, radii(radius)))[:, first - begin * BLOCK :][:, :count]


def _words(key: Key, begin: int, end: int) -> tuple[_Words, _Words]:
    """Return the words of the powers and of the phases of whole blocks, each (samples,)."""
    lanes = np.arange(begin * LANES, end * LANES, dtype=np.uint64)
    state = [words.reshape(-1, LANES) for words in drawn(lanes, key)]
    words = np.empty((2, end - begin, BLOCK // LANES, LANES), np.uint32)
    for row in range(BLOCK // LANES):
        for which in range(2):
            words[which, :, row] = stepped(state)
    return words[0].reshape(-1), words[1].reshape(-1)


def stepped(state: list[_Words]) -> _Words:
    """Return the next word of generators xoshiro128++ of a ``state`` of four words each, which goes on."""
    zero, one, two, three = state
    word = _rotated(zero + three, 7) + zero
    kept = one << np.uint32(9)
    two, three = two ^ zero, three ^ one
    one, zero, two = one ^ two, zero ^ three, two ^ kept
    state[:] = zero, one, two, _rotated(three, 11)
    return word


def _rotated(words: _Words, by: int) -> _Words:
    turned_words: _Words = (words << np.uint32(by)) | (words >> np.uint32(32 - by))
    return turned_words
