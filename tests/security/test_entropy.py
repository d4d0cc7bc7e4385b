"""Entropy sources, the refusal of dead ones, and key material that does not show itself."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from ampradio.security.entropy import EntropyError, NonceSource, SeededEntropy, SystemEntropy
from ampradio.security.secret import Secret
from tests.security.interference import Scripted


def test_seeded_entropy_repeats_with_its_seed_only() -> None:
    """A seeded run is reproducible (architecture, randomness), and says that it is seeded."""
    one, same, other = SeededEntropy(7), SeededEntropy(7), SeededEntropy(8)
    first = one.octets(40)
    assert first == same.octets(40) != other.octets(40)
    assert one.octets(40) != first
    assert one.seeded
    spawned = [SeededEntropy(sequence).octets(16) for sequence in np.random.SeedSequence(7).spawn(2)]
    assert spawned[0] != spawned[1]


def test_system_entropy_is_the_operating_system_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """The only source allowed on a radio that radiates: not seeded."""
    monkeypatch.setattr("os.urandom", lambda count: b"\xa5" * count)
    assert SystemEntropy().octets(5) == b"\xa5" * 5
    assert not SystemEntropy().seeded


@pytest.mark.parametrize("dead", [bytes(16), b"\xff" * 16, b"\x11" * 15])
def test_a_dead_source_gives_no_nonce(dead: bytes) -> None:
    """All-zero, stuck and short nonces are refused (W1.6)."""
    with pytest.raises(EntropyError):
        NonceSource(Scripted(dead)).draw(16)


def test_a_source_that_repeats_itself_is_refused_until_it_moves_on() -> None:
    """R1.8: a nonce is never reused; a power loss forgets what to compare with (W1.6)."""
    one, two = bytes(range(16)), bytes(range(1, 17))
    nonces = NonceSource(Scripted(one, one, two, two, two))
    assert nonces.draw(16) == one
    with pytest.raises(EntropyError, match="repeated"):
        nonces.draw(16)
    assert nonces.draw(16) == two
    nonces.forget()
    assert nonces.draw(16) == two


def test_a_secret_shows_its_length_only() -> None:
    """House rule: secrets never in repr, log or event."""
    secret = Secret(bytes(range(32)))
    assert repr(secret) == str(secret) == f"{secret}" == "Secret(32 octets)"
    assert len(secret) == 32
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(ValueError, match="at least one octet"):
        Secret(b"")


def test_a_wiped_secret_is_gone() -> None:
    """R1.40: nothing is left to be used."""
    secret = Secret(b"0123456789abcdef")
    assert secret == Secret(b"0123456789abcdef") != Secret(b"0123456789abcdeF")
    assert secret != b"0123456789abcdef"
    secret.wipe()
    assert len(secret) == 0
    with pytest.raises(ValueError, match="wiped"):
        secret.expose()
