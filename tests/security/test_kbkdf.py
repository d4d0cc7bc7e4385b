"""SP 800-108 in counter mode against the formula spelled out, and what it says it spends."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from ampradio.security import meter
from ampradio.security.kbkdf import kbkdf


@pytest.mark.parametrize("bits", [8, 128, 256, 264, 384, 1024])
def test_formula(bits: int) -> None:
    key, context = bytes(range(16)), bytes(range(40))
    fixed = b"LABEL" + b"\0" + context + bits.to_bytes(4, "big")
    blocks = [hmac.new(key, n.to_bytes(4, "big") + fixed, hashlib.sha256).digest() for n in range(1, 6)]
    tally = meter.Tally()
    with meter.metered(tally):
        assert kbkdf(key, b"LABEL", context, bits) == b"".join(blocks)[: bits // 8]
    count = -(-bits // 256)
    assert tally.units == {meter.Primitive.SHA256: 4 * count}
    assert tally.calls == {meter.Primitive.SHA256: count}


@pytest.mark.parametrize("bits", [0, -8, 7, 129])
def test_lengths_that_cannot_be(bits: int) -> None:
    with pytest.raises(ValueError, match="whole octets"):
        kbkdf(bytes(16), b"L", b"", bits)
