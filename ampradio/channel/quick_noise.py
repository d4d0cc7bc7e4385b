"""White Gaussian noise whose sample n is a function of a key and n alone, several times as quick as numpy's.

The words come from the counter-based generator Philox 4x32-10 (Salmon et al., Parallel random numbers: as easy as 1,
2, 3, SC 2011), the Gaussian from the square root of a logarithm and an angle (Box and Muller, 1958) in single
precision. A word has 32 bits: no sample has more than 22.9 times the mean power, which white noise has once in 8·10⁹.
With the accelerator and without, every bit is the same; without, numpy's own generators are quicker.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ampradio import accelerator
from ampradio.channel.per_packet import PerPacket, Samples, checked, per_packet

_Words = npt.NDArray[np.uint64]
_Reals = npt.NDArray[np.float32]
# the generator's multipliers, and what each round adds to the key
PHILOX = np.array((0xD2511F53, 0xCD9E8D57, 0x9E3779B9, 0xBB67AE85), np.uint64)
_ROUNDS = 10
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
# ln(1 + x) / x for 0 ≤ x < 1; sine / x and cosine in x² of x·π/4 for −1 ≤ x < 1; least squares at Chebyshev nodes,
# right to 1e-7
LOGARITHM = np.array(
    (
        1.0, -0.499995023, 0.33319271, -0.248443693, 0.191114306, -0.136747703, 0.0783616677, -0.0295885075,
        0.00525345793,
    ),
    np.float32,
)  # fmt: skip
SINE = np.array((0.785398185, -0.0807454363, 0.0024900069, -3.59544092e-05), np.float32)
COSINE = np.array((1.0, -0.308425128, 0.0158543251, -0.000325938599, 3.52980419e-06), np.float32)
_HALF, _TURN = np.float32(0.5), np.float32(2.0**-31)


class QuickNoise:
    """A stream of noise under a key; ``position`` is the counter it goes on at."""

    def __init__(self, key: int, stream: int = 0) -> None:
        """Begin ``stream`` of ``key``, both below 2⁶⁴; every pair gives independent noise. ValueError outside."""
        if not (0 <= key < 1 << 64 and 0 <= stream < 1 << 64):
            raise ValueError(f"key and stream must be 0…2⁶⁴ − 1, not {key} and {stream}")
        self.position = 0
        self._key = np.array((key & 0xFFFFFFFF, key >> 32, stream), np.uint64)
        accelerator.prepare("ampradio.channel.quick_noise_loops")

    def added_to(self, samples: Samples, noise_power: PerPacket, out: Samples | None = None) -> Samples:
        """Return ``samples`` (..., n) plus circular complex Gaussian noise of the mean power per sample.

        Args:
            samples: complex64.
            noise_power: one number or one per packet.
            out: where to put the result, complex64, contiguous, of the shape of ``samples``; may be ``samples``.

        Raises:
            ValueError: a noise power is negative or not finite, or does not fit the packets.
        """
        samples = np.ascontiguousarray(checked(samples))
        packets, size = samples.shape[:-1], samples.shape[-1]
        power = per_packet("noise_power", noise_power, packets)
        if (power < 0).any():
            raise ValueError(f"noise_power must not be negative, not {noise_power!r}")
        noisy: Samples = np.empty(samples.shape, np.complex64) if out is None else out
        if not samples.size:
            return noisy
        amplitude = np.array(np.broadcast_to(np.sqrt(power).astype(np.float32), (*packets, 1))).reshape(-1)
        shape = (amplitude.size, 2 * size)
        given, taken = samples.view(np.float32).reshape(shape), noisy.view(np.float32).reshape(shape)
        if accelerator.is_on():
            from ampradio.channel.quick_noise_loops import add_each

            tables = (PHILOX, LOGARITHM, SINE, COSINE)
            add_each(given, amplitude, self.position, self._key, *tables, taken)
        else:
            noise = self._noise(amplitude.size, size)
            noise *= amplitude[:, np.newaxis]
            np.add(given, noise, out=taken)
        self.position += amplitude.size * -(-size // 2)
        return noisy

    def _noise(self, packets: int, size: int) -> _Reals:
        """Return noise of unit power, (packets, 2n), real and imaginary parts in turn."""
        counters = -(-size // 2)
        words = drawn(np.uint64(self.position) + np.arange(packets * counters, dtype=np.uint64), self._key)
        noise = np.empty((packets * counters, 4), np.float32)
        for half in range(2):
            noise[:, 2 * half], noise[:, 2 * half + 1] = turned(words[2 * half + 1], radii(words[2 * half]))
        return np.ascontiguousarray(noise.reshape(packets, 4 * counters)[:, : 2 * size])


def drawn(counter: _Words, key: _Words) -> tuple[npt.NDArray[np.uint32], ...]:
    """Return the four words of each ``counter`` (n,)."""
    zero, one = counter & _LOW, counter >> _SHIFT
    two, three = np.full_like(counter, key[2] & _LOW), np.full_like(counter, key[2] >> _SHIFT)
    low, high = key[0], key[1]
    for _ in range(_ROUNDS):
        left, right = PHILOX[0] * zero, PHILOX[1] * two
        zero, one = (right >> _SHIFT) ^ one ^ low, right & _LOW
        two, three = (left >> _SHIFT) ^ three ^ high, left & _LOW
        low, high = (low + PHILOX[2]) & _LOW, (high + PHILOX[3]) & _LOW
    return tuple(word.astype(np.uint32) for word in (zero, one, two, three))


def radii(words: npt.NDArray[np.uint32]) -> _Reals:
    """Return √(−ln u), u the words as numbers in (0, 1]: exponent and mantissa apart."""
    number = words.astype(np.float32) + _HALF
    bits = number.view(np.int32)
    exponent = (159 - (bits >> 23)).astype(np.float32)
    bits &= 0x7FFFFF
    bits |= 0x3F800000
    part = number - np.float32(1)
    series = np.full_like(part, LOGARITHM[8])
    for degree in range(7, -1, -1):
        series = series * part + LOGARITHM[degree]
    size = exponent * np.float32(np.log(2)) - series * part
    radius: _Reals = np.sqrt(np.maximum(size, np.float32(0)))
    return radius


def turned(words: npt.NDArray[np.uint32], radius: _Reals) -> tuple[_Reals, _Reals]:
    """Return real and imaginary part of ``radius`` turned by the words: two bits a quadrant, the rest within it."""
    part = (words << np.uint32(2)).view(np.int32).astype(np.float32) * _TURN
    square = part * part
    along, across = np.full_like(part, COSINE[4]), np.full_like(part, SINE[3])
    for coefficient in COSINE[3::-1]:
        along = along * square + coefficient
    for coefficient in SINE[2::-1]:
        across = across * square + coefficient
    across = across * part
    size = np.where(words >> np.uint32(31), -radius, radius)
    swapped = (words >> np.uint32(30)) & np.uint32(1) > 0
    return size * np.where(swapped, across, along), size * np.where(swapped, along, -across)
