"""Where nonces come from, and the check that a source is alive before a nonce of it is used."""

from __future__ import annotations

import os

import numpy as np

from ampradio.security.meter import Primitive, spend
from ampradio.security.session import EntropySource


class EntropyError(Exception):
    """The entropy source gave octets that no working source gives; nothing may be sent with them."""


class SystemEntropy:
    """The operating system's random generator: the only source for a radio that radiates."""

    seeded = False

    def octets(self, count: int) -> bytes:
        """Return ``count`` unpredictable octets."""
        return os.urandom(count)


class SeededEntropy:
    """Reproducible octets for a simulated run, the same for the same seed."""

    seeded = True

    def __init__(self, seed: int | np.random.SeedSequence) -> None:
        """Take the seed, as a rule a sequence that was spawned for one station by name."""
        self._generator = np.random.default_rng(seed)

    def octets(self, count: int) -> bytes:
        """Return the next ``count`` octets of the seeded sequence."""
        return self._generator.bytes(count)


class NonceSource:
    """Draws nonces and refuses those that show a dead or stuck source.

    A source that is merely weak is not noticed (weakness W1.6), nor one that repeats itself after a power loss:
    the value to compare with is volatile.
    """

    def __init__(self, entropy: EntropySource) -> None:
        self._entropy = entropy
        self._previous = b""

    def draw(self, octets: int) -> bytes:
        """Return a fresh nonce.

        Raises ``EntropyError`` for a short one, one whose octets are all equal (all zero), or a repetition.
        """
        spend(Primitive.RNG, octets)
        nonce = self._entropy.octets(octets)
        if len(nonce) != octets:
            raise EntropyError(f"the source gave {len(nonce)} octets instead of {octets}")
        if len(set(nonce)) < 2:
            raise EntropyError("the source gave a constant nonce")
        if nonce == self._previous:
            raise EntropyError("the source repeated its last nonce")
        self._previous = nonce
        return nonce

    def forget(self) -> None:
        """Drop the last nonce, as a power loss does."""
        self._previous = b""
