"""The AP's cache of PMKs from EAP (IEEE 802.11, 12.6.10.3): by station, with a lifetime and a limit."""

from __future__ import annotations

from dataclasses import dataclass

from ampradio.security.rsna.infrastructure.keys import pmkid_of
from ampradio.security.secret import Secret

ENTRIES_MAX = 256


@dataclass(frozen=True)
class CachedPmk:
    """One PMK with its name and its end."""

    akm: int
    pmk: Secret
    pmkid: bytes
    expires_ns: int


class PmkCache:
    """PMKs by SPA; the oldest goes when it is full."""

    def __init__(self, aa: bytes, *, enabled: bool) -> None:
        self._aa = aa
        self._enabled = enabled
        self._entries: dict[bytes, CachedPmk] = {}

    def put(self, spa: bytes, akm: int, pmk: Secret, expires_ns: int) -> None:
        """Keep a PMK that a 4-way handshake has confirmed."""
        if not self._enabled:
            return
        self._entries.pop(spa, None)
        if len(self._entries) >= ENTRIES_MAX:
            del self._entries[next(iter(self._entries))]
        self._entries[spa] = CachedPmk(akm, Secret(pmk.expose()), pmkid_of(akm, pmk, self._aa, spa), expires_ns)

    def find(self, spa: bytes, akm: int, pmkids: tuple[bytes, ...], now_ns: int) -> CachedPmk | None:
        """Return the PMK that a station names, if it is known and alive."""
        entry = self._entries.get(spa)
        if entry is None or entry.akm != akm or entry.pmkid not in pmkids or now_ns >= entry.expires_ns:
            return None
        return entry

    def forget(self, spa: bytes) -> None:
        """Drop a station's PMK."""
        self._entries.pop(spa, None)
