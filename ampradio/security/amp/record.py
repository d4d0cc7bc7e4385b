"""The keys that a tag and its server share, and the version of the last update; values only."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.amp.profiles import ROOT_OCTETS, VERSION_MAX
from ampradio.security.secret import Secret


@dataclass(frozen=True)
class PmkRecord:
    """What survives a power loss: PSK, the current PMKv if there was an update, and its version (first 0).

    Raises ``ValueError`` for a key that has not 32 octets or a version out of range, without showing the key.
    """

    psk: Secret
    pmkv: Secret | None = None
    version: int = 0

    def __post_init__(self) -> None:
        for name, key in (("PSK", self.psk), ("PMKv", self.pmkv)):
            if key is not None and len(key) != ROOT_OCTETS:
                raise ValueError(f"{name} has {len(key)} octets, must have {ROOT_OCTETS}")
        if not 0 <= self.version <= VERSION_MAX:
            raise ValueError(f"version is {self.version}, must be 0…{VERSION_MAX}")

    @property
    def root(self) -> Secret:
        """ROOT: PMKv if present, else the PSK."""
        return self.psk if self.pmkv is None else self.pmkv
