"""What the primitives report to a meter: counts from the primitives' own definitions (protocols page, 8.3)."""

from __future__ import annotations

import pytest

from ampradio.security import meter, primitives
from ampradio.security.entropy import NonceSource, SeededEntropy
from ampradio.security.meter import FailAt, PowerLost, Primitive, Tally

KEY = bytes(range(16))


def test_hmac_and_kdf_count_the_compressions_of_page_8_3() -> None:
    """PMK1 takes 4 and PTK 5 SHA-256 compressions: inner pad, message blocks, outer pad, digest."""
    tally = Tally()
    with meter.metered(tally):
        primitives.kdf(KEY * 2, b"AMP PMK1", bytes(8 + 6), 256)
    assert tally.units == {Primitive.SHA256: 4}
    tally = Tally()
    with meter.metered(tally):
        primitives.kdf(KEY * 2, b"Pairwise key expansion", bytes(12 + 32), 256)
    assert tally.units == {Primitive.SHA256: 5}


@pytest.mark.parametrize(("octets", "compressions"), [(0, 1), (55, 1), (56, 2), (64, 2), (119, 2), (120, 3)])
def test_sha256_counts_padded_blocks(octets: int, compressions: int) -> None:
    tally = Tally()
    with meter.metered(tally):
        primitives.sha256(bytes(octets))
    assert tally.units[Primitive.SHA256] == compressions


def test_aes_counts_blocks() -> None:
    """CMAC: a block per 16 octets, at least one, and the sub-key; CTR: one a block; key wrap: 6 n (RFC 3394)."""
    for work, blocks in (
        (lambda: primitives.aes_cmac(KEY, b""), 2),
        (lambda: primitives.aes_cmac(KEY, bytes(40)), 4),
        (lambda: primitives.aes_ctr(KEY, bytes(13), bytes(17)), 2),
        (lambda: primitives.aes_ctr(KEY, bytes(13), b""), 0),
        (lambda: primitives.aes_wrap(KEY, bytes(32)), 24),
        (lambda: primitives.aes_unwrap(KEY, bytes(24)), 12),
    ):
        tally = Tally()
        with meter.metered(tally):
            work()
        assert tally.units[Primitive.AES] == blocks


def test_nonces_count_their_octets() -> None:
    tally = Tally()
    with meter.metered(tally):
        NonceSource(SeededEntropy(1)).draw(16)
    assert tally.units == {Primitive.RNG: 16}


def test_power_fails_at_the_chosen_call_and_once() -> None:
    failing = FailAt(1)
    with meter.metered(failing):
        primitives.sha256(b"")
        with pytest.raises(PowerLost):
            primitives.sha256(b"")
        assert failing.failed
        primitives.sha256(b"")


def test_nothing_is_counted_outside() -> None:
    tally = Tally()
    with meter.metered(tally):
        pass
    primitives.sha256(b"")
    assert not tally.units
