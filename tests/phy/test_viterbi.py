"""The soft Viterbi decoder against exhaustive search, the reference vectors and the code's own distance."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ampradio.phy.viterbi import decode
from tests.conftest import SHARED
from tests.phy.streams import PROFILE

UPLINK = PROFILE.uplink
TAIL = 6
VECTORS = json.loads((SHARED / "vectors" / "amp_phy.json").read_text())["vectors"]["bcc"]


def coded_by_register(bits: tuple[int, ...]) -> list[int]:
    """802.11 17.3.5.6, written out: A = 133, B = 171 octal, the delays of Figure 17-8."""
    history = [0] * 6
    out = []
    for bit in bits:
        taps = [bit, *history]
        out += [taps[0] ^ taps[2] ^ taps[3] ^ taps[5] ^ taps[6], taps[0] ^ taps[1] ^ taps[2] ^ taps[3] ^ taps[6]]
        history = taps[:6]
    return out


def soft_of(coded: list[int]) -> np.ndarray:
    return (2.0 * np.array(coded) - 1).reshape(1, -1, 2)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_reference_vectors_decode(vector: dict[str, str]) -> None:
    """Rule 21, the vectors of the independent implementation."""
    coded = [int(chip) for chip in vector["coded"]]
    ended = vector["bits"].endswith("0" * TAIL)
    assert ended  # both vectors have their tail
    assert "".join(map(str, decode(UPLINK, soft_of(coded))[0])) == vector["bits"]


@pytest.mark.parametrize("terminated", [True, False])
def test_finds_what_exhaustive_search_finds(terminated: bool) -> None:
    """Maximum likelihood over all words of 9 bits: no sequence correlates better with the soft values."""
    rng = np.random.default_rng(5)
    data = list(itertools.product((0, 1), repeat=9))
    words = [word + (0,) * TAIL if terminated else word for word in data]
    codebook = 2.0 * np.array([coded_by_register(word) for word in words]) - 1
    soft = rng.standard_normal((200, codebook.shape[1]))
    best = np.array(words)[np.argmax(soft @ codebook.T, axis=1)]
    decided = decode(UPLINK, soft.reshape(200, -1, 2), terminated=terminated)
    assert np.array_equal(decided, best)


def test_packets_do_not_touch_each_other() -> None:
    """A batch decodes as its packets one by one."""
    soft = np.random.default_rng(6).standard_normal((17, 40, 2))
    alone = np.concatenate([decode(UPLINK, each[np.newaxis]) for each in soft])
    assert np.array_equal(decode(UPLINK, soft), alone)


@settings(deadline=None, max_examples=50)
@given(st.binary(min_size=1, max_size=40), st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_corrects_two_errors_anywhere_a_stretch_apart(octets: bytes, seed: int, scale: float) -> None:
    """Free distance 10: two wrong coded bits are always corrected, whatever the scale of the soft values."""
    bits = tuple(np.unpackbits(np.frombuffer(octets, np.uint8)).tolist()) + (0,) * TAIL
    coded = np.array(coded_by_register(bits))
    wrong = np.random.default_rng(seed).choice(coded.size, 2, replace=False)
    coded[wrong] ^= 1
    assert tuple(decode(UPLINK, scale * soft_of(coded.tolist()))[0]) == bits


@pytest.mark.parametrize("shape", [(4, 2), (1, 4), (1, 4, 3)])
def test_wrong_shape_is_the_callers_mistake(shape: tuple[int, ...]) -> None:
    """ValueError that names the shape."""
    with pytest.raises(ValueError, match="shape"):
        decode(UPLINK, np.zeros(shape))
