"""Quick noise: the published words of its generator, the law of its samples, and the same bits by either way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ampradio import accelerator
from ampradio.channel.quick_noise import QuickNoise, drawn

ALL = 0xFFFFFFFF
# Random123's known answers for philox4x32, 10 rounds: counter (low, low, high, high), key, the four words
KNOWN = (
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ALL, ALL, ALL, ALL), (ALL, ALL), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
)


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_the_words_are_those_published(counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]) -> None:
    """Philox 4x32-10, known answers of its authors' Random123."""
    position, stream = counter[0] | counter[1] << 32, counter[2] | counter[3] << 32
    words_of_it = drawn(np.array([position], np.uint64), np.array((*key, stream), np.uint64))
    assert tuple(int(word[0]) for word in words_of_it) == words


@pytest.mark.parametrize("shape", [(1,), (2, 3, 7), (3, 1024), (2, 1025), (1, 4099), (0, 5), (3, 0)])
def test_compiled_or_not_every_bit_is_the_same(shape: tuple[int, ...]) -> None:
    """The loop and the arrays, over block borders, odd lengths and a second call."""
    given = np.random.default_rng(1).standard_normal((*shape, 2)).astype(np.float32).view(np.complex64)[..., 0]
    power = np.full(shape[:-1], 1.7) * np.arange(1, 1 + int(np.prod(shape[:-1]))).reshape(shape[:-1])
    one, other = QuickNoise(1 << 63 | 5, 9), QuickNoise(1 << 63 | 5, 9)
    for _ in range(2):
        with accelerator.off():
            slow = other.added_to(given, power)
        assert np.array_equal(one.added_to(given, power), slow)
    assert one.position == other.position


def test_the_samples_are_gaussian_circular_and_white() -> None:
    """A million samples against the law: both parts normal, power exponential, no correlation in time or between."""
    count = 1_000_000
    noise = QuickNoise(2026).added_to(np.zeros(count, np.complex64), 2.0).astype(np.complex128)
    assert stats.kstest(noise.real, "norm").pvalue > 1e-3
    assert stats.kstest(noise.imag, "norm").pvalue > 1e-3
    assert stats.kstest(np.abs(noise) ** 2, "expon", args=(0, 2.0)).pvalue > 1e-3
    assert stats.kstest(np.angle(noise), "uniform", args=(-np.pi, 2 * np.pi)).pvalue > 1e-3
    for other in (noise.conj(), *(np.roll(noise, lag) for lag in (1, 2, 3, 512, 1024))):
        assert abs(np.vdot(other, noise)) / (2 * count) < 4.5 / np.sqrt(count)
    beyond = np.count_nonzero(np.abs(noise) ** 2 > 2.0 * np.log(1e4))
    assert abs(beyond - count * 1e-4) < 4.5 * np.sqrt(count * 1e-4)


def test_keys_and_streams_are_apart_and_a_position_is_a_place() -> None:
    """Other keys and streams are uncorrelated; what comes second is what lies there, not what was asked before."""
    silence = np.zeros(100_000, np.complex64)
    first = QuickNoise(1).added_to(silence, 1.0)
    for other in (QuickNoise(2), QuickNoise(1, 1), QuickNoise(1 << 32)):
        noise = other.added_to(silence, 1.0)
        assert abs(np.vdot(noise, first)) < 4.5 * np.sqrt(silence.size)
    pieces = QuickNoise(1)
    joined = np.concatenate([pieces.added_to(silence[:count], 1.0) for count in (40_000, 2, 59_998)])
    assert np.array_equal(joined, first)


def test_in_place_and_with_no_power() -> None:
    """The samples themselves may take the result; no power changes nothing."""
    given = np.full((2, 9), 1 + 2j, np.complex64)
    assert np.array_equal(QuickNoise(3).added_to(given, 0.0), given)
    expected = QuickNoise(3).added_to(given, 0.5)
    assert QuickNoise(3).added_to(given, 0.5, out=given) is given
    assert np.array_equal(given, expected)


@pytest.mark.parametrize("power", [-1.0, np.nan, np.array([1.0, -1.0]), np.ones(3)])
def test_wrong_powers_are_refused(power: float) -> None:
    """Negative, not finite, or not one per packet: ValueError."""
    with pytest.raises(ValueError, match="noise_power"):
        QuickNoise(1).added_to(np.zeros((2, 4), np.complex64), power)


@pytest.mark.parametrize(("key", "stream"), [(-1, 0), (1 << 64, 0), (0, -1), (0, 1 << 64)])
def test_keys_have_64_bits(key: int, stream: int) -> None:
    """ValueError that names them."""
    with pytest.raises(ValueError, match="2⁶⁴"):
        QuickNoise(key, stream)
