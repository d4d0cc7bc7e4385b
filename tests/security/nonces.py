"""Keys and nonces of CCM as they are used: X11 asks whether any pair ever serves twice."""

from __future__ import annotations

from collections import defaultdict

import pytest

from ampradio.security import aead


class Nonces:
    """Notes every CCM encryption, and which of them used a key and nonce again for something else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used: dict[tuple[bytes, bytes], set[bytes]] = defaultdict(set)
        original = aead.ccm_seal

        def seal(key: bytes, nonce: bytes, octets: bytes, aad: bytes, tag_octets: int = 8) -> bytes:
            self.used[key, nonce].add(aad + b"|" + octets)
            return original(key, nonce, octets, aad, tag_octets)

        monkeypatch.setattr(aead, "ccm_seal", seal)

    def reused(self) -> int:
        """Return how many were reused since the last call: each life has keys of its own."""
        count = sum(len(said) > 1 for said in self.used.values())
        self.used.clear()
        return count
